import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { ApiError, reasonOf } from '../api/problem';
import type { Messages } from '../i18n';
import { pushed } from '../store/outbox';

let last: { take: () => void; after: number } | null = null;
let sequence = 0;
const shown = 8_000;

/** Ctrl-Z. Takes back the last change or nothing: never one that another has followed. */
export function undo() {
  if (last?.after === pushed()) last.take();
  last = null;
}

/** `take` undoes what was changed just now. */
export function undoable(take: (() => void) | null) {
  if (take) last = { take, after: pushed() };
}

export function tell(message: string) {
  notifications.show({ message, autoClose: 4_000 });
}

/** Says what was done and offers to undo it. `settle`, if given, runs once the offer is over and was not taken. */
export function tellUndoable(t: Messages, message: string, take: () => void, settle?: () => void) {
  const id = `undo-${++sequence}`;
  let over = false;
  const end = (then?: () => void) => {
    if (over) return;
    over = true;
    if (last?.take === once) last = null;
    then?.();
  };
  const once = () => {
    end(take);
    notifications.hide(id);
  };
  undoable(once);
  notifications.show({
    id,
    autoClose: shown,
    ...(settle ? { onClose: () => end(settle) } : {}),
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button size="compact-sm" variant="subtle" onClick={once}>
          {t.undo}
        </Button>
      </Group>
    ),
  });
}

/** `what` it is about. */
export function tellError(t: Messages, error: unknown, what?: string) {
  const reason = reasonOf(t, error);
  notifications.show({ color: 'red', title: t.failed, message: what ? `${what}: ${reason}` : reason, autoClose: shown });
}

/** Of a form: tells what does not stand beside one of its fields. */
export function tellUnplaced(t: Messages, error: unknown) {
  if (!(error instanceof ApiError && error.problem.errors)) tellError(t, error);
}
