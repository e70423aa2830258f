import { Button, Group, Text } from '@mantine/core';
import { Empty } from '../features/tasks/Empty';
import { reasonOf } from '../api/problem';
import { useT } from '../i18n';

/** In place of a list that could not be had: nobody knows whether it is empty. */
export function Failed({ error, again }: { error: unknown; again: () => unknown }) {
  const t = useT();
  return (
    <Empty title={reasonOf(t, error)}>
      <Button variant="default" onClick={() => void again()}>
        {t.again}
      </Button>
    </Empty>
  );
}

interface Asked {
  data: unknown;
  error: unknown;
  refetch: () => unknown;
}

/** The same for one list of several on a page; nothing as long as there is something to show. */
export function FailedPart({ asked }: { asked: Asked }) {
  const t = useT();
  if (!asked.error || asked.data !== undefined) return null;
  return (
    <Group role="alert" gap="sm">
      <Text size="sm">{reasonOf(t, asked.error)}</Text>
      <Button size="compact-sm" variant="default" onClick={() => void asked.refetch()}>
        {t.again}
      </Button>
    </Group>
  );
}
