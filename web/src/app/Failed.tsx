import { Button } from '@mantine/core';
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
