import { Button, CopyButton, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useReturnFocus } from '../../app/useReturnFocus';
import { setUi } from '../../app/ui';
import { ApiError, reasonOf } from '../../api/problem';
import { useT } from '../../i18n';
import { writtenIn, type Edit } from '../../store/edits';
import { useRefused } from '../../store/hooks';
import { discard } from '../../store/outbox';

const close = () => setUi({ refused: false });

/** What was written and the service did not take: to be read, copied, and thrown away. */
export default function Refused() {
  useReturnFocus();
  const t = useT();
  const edits = useRefused();
  return (
    <Modal opened onClose={close} title={t.refused.title} size="lg">
      <Text size="sm">{edits.length > 0 ? t.refused.intro : t.refused.none}</Text>
      <ul className="plain" aria-label={t.refused.title}>
        {edits.map((edit) => (
          <Line key={edit.key} edit={edit} />
        ))}
      </ul>
    </Modal>
  );
}

function Line({ edit }: { edit: Edit }) {
  const t = useT();
  const { status, problem } = edit.refused!;
  const names: Record<string, string> = { title: t.task.title, name: t.project.name, description: t.task.description };
  return (
    <li className="plain-row">
      <Stack gap="xs" flex={1}>
        <Text size="sm" c="dimmed">
          {reasonOf(t, new ApiError(status, problem, null))}
        </Text>
        {writtenIn(edit).map(([name, text]) => (
          <Group key={name} align="flex-end" gap="xs">
            <Textarea flex={1} label={names[name]} readOnly autosize maxRows={12} dir="auto" value={text} />
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? t.settings.copied : t.settings.copy}
                </Button>
              )}
            </CopyButton>
          </Group>
        ))}
        <Group justify="flex-end">
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => discard(edit)}>
            {t.refused.discard}
          </Button>
        </Group>
      </Stack>
    </li>
  );
}
