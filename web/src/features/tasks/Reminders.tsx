import { ActionIcon, Button, Group, Popover, Stack, Text } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { IconBell, IconX } from '../../app/icons';
import { FailedPart } from '../../app/Failed';
import { keepEscape } from '../../app/keepEscape';
import type { Place } from '../../app/locale';
import { tellError, tellUndoable } from '../../app/toast';
import { api, body } from '../../api/client';
import type { Reminder, ReminderCreation, Task } from '../../api/types';
import { useT } from '../../i18n';
import { isLocal } from '../../store/edits';
import { queryClient } from '../../store/server';
import { DateWords } from './DateWords';
import { dueOf } from './due';
import { reminderText, usualReminders } from './reminder';

/** Of a day without a time. */
const usualTime = '09:00';

/** The person's reminders on a task. They move with its due time, so each version of it asks anew. */
export function Reminders({ task, place }: { task: Task; place: Place }) {
  const t = useT();
  const params = { path: { id: task.id } };
  const key = ['reminders', task.id];
  const sent = !isLocal(task.id);
  const asked = useQuery({
    queryKey: [...key, task.version],
    queryFn: () => body(api.GET('/tasks/{id}/reminders', { params })),
    placeholderData: keepPreviousData,
    enabled: sent,
  });
  const { data } = asked;
  const again = () => queryClient.invalidateQueries({ queryKey: key });
  const onError = (error: unknown) => tellError(t, error);
  const create = useMutation({ mutationFn: (wanted: ReminderCreation) => body(api.POST('/tasks/{id}/reminders', { params, body: wanted })), onError, onSettled: again });
  const remove = useMutation({
    mutationFn: ({ id }: Reminder) => body(api.DELETE('/tasks/{id}/reminders/{reminder_id}', { params: { path: { id: task.id, reminder_id: id } } })),
    onSuccess: (_, { at, before, time, timezone }) => tellUndoable(t, t.reminders.removed, () => create.mutate({ at, before, time, timezone })),
    onError,
    onSettled: again,
  });
  if (!sent) return <Text size="sm">{t.task.unsent}</Text>;
  return (
    <Stack gap={4} align="flex-start">
      {data && data.items.length > 0 && (
        <ul className="plain reminders" aria-label={t.reminders.title}>
          {data.items.map((reminder) => {
            const words = reminderText(t, reminder, place);
            return (
              <li key={reminder.id}>
                <span>{words}</span>
                {reminder.state !== 'armed' && <span className="row-meta">{t.reminders[reminder.state]}</span>}
                <ActionIcon variant="subtle" color="gray" aria-label={t.reminders.removeOf(words)} onClick={() => remove.mutate(reminder)}>
                  <IconX size={15} />
                </ActionIcon>
              </li>
            );
          })}
        </ul>
      )}
      <FailedPart asked={asked} />
      <Adder task={task} place={place} onAdd={create.mutate} />
    </Stack>
  );
}

function Adder({ task, place, onAdd }: { task: Task; place: Place; onAdd: (wanted: ReminderCreation) => void }) {
  const t = useT();
  const [opened, setOpened] = useState(false);
  const choose = (wanted: ReminderCreation) => {
    onAdd(wanted);
    setOpened(false);
  };
  return (
    <Popover width={316} opened={opened} onChange={setOpened} trapFocus returnFocus position="bottom-start" shadow="md" withinPortal>
      <Popover.Target>
        <Button variant="default" className="field-button" leftSection={<IconBell size={16} />} onClick={() => setOpened((open) => !open)}>
          {t.reminders.add}
        </Button>
      </Popover.Target>
      <Popover.Dropdown onKeyDown={keepEscape} aria-label={t.reminders.add}>
        <Stack gap="xs">
          <DateWords label={t.reminders.add} hint={t.reminders.hint} place={place} value={null} usualTime={usualTime} onSay={({ day, time }) => choose({ at: `${day}T${time}:00`, timezone: place.zone })} />
          <Group gap={6}>
            {usualReminders(dueOf(task, place.zone)).map((wanted) => (
              <Button key={wanted.before} size="compact-sm" variant="light" onClick={() => choose(wanted)}>
                {reminderText(t, { before: wanted.before ?? null, time: wanted.time ?? null, at: null, remind_at: null }, place)}
              </Button>
            ))}
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
