import { ActionIcon, CloseButton, Drawer, Group, Menu, Select, Skeleton, Stack, TagsInput, Text, Textarea } from '@mantine/core';
import { useMediaQuery, useWindowEvent } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { IconDots, IconFlag, IconHash, IconLink, IconProgress, IconTag, IconTrash } from '../../app/icons';
import { keepEscape } from '../../app/keepEscape';
import { usePlace } from '../../app/locale';
import { undoable } from '../../app/toast';
import { useReturnFocus } from '../../app/useReturnFocus';
import { api, body } from '../../api/client';
import { ApiError, reasonOf } from '../../api/problem';
import type { Task, TaskChange, TaskPriority, TaskStatus } from '../../api/types';
import { useT } from '../../i18n';
import { isLocal } from '../../store/edits';
import { useLoaded, useProjects, useTasks } from '../../store/hooks';
import { lastingId, realId } from '../../store/outbox';
import { changeTask, withEdits } from './actions';
import { CheckCircle } from './CheckCircle';
import { closeTask, copyLink, openTask, toggleDone, trashMany } from './commands';
import { DescriptionField } from './DescriptionField';
import { dueFields, dueOf, formatInstant } from './due';
import { DuePicker } from './DuePicker';
import { priorities } from './order';
import { Reminders } from './Reminders';
import { useDraft } from './useDraft';
import { useLabels } from './useLabels';

const statuses: TaskStatus[] = ['todo', 'in_progress', 'done', 'cancelled'];

/** One task over its view. Each field is saved when it is left. */
export default function TaskSheet({ id }: { id: string }) {
  const t = useT();
  useReturnFocus();
  const { tasks } = useTasks();
  const small = useMediaQuery('(max-width: 48em)');
  const real = realId(id);
  // The address that it had before the service named it leads nowhere later.
  useEffect(() => {
    if (real !== id) openTask(real, true);
  }, [real, id]);
  const listed = tasks.get(real) ?? tasks.get(id);
  // What is done or in an archive is not among the open tasks.
  const asked = useQuery({
    queryKey: ['task', real],
    queryFn: () => body(api.GET('/tasks/{id}', { params: { path: { id: real } } })),
    enabled: !listed && !isLocal(real),
    retry: false,
  });
  // A completed one leaves the list while somebody may write in it: what was there last stays until it is here again.
  const [last, setLast] = useState(listed);
  if (listed && listed !== last) setLast(listed);
  const neverMade = useLoaded() && !listed && isLocal(real);
  const gone = neverMade || isGone(asked.error);
  const known = gone ? undefined : (asked.data ?? last);
  const task = listed ?? (known && withEdits(known));
  // Not the library's way, which hears the key before an open picker does, and closes without leaving the field.
  useWindowEvent('keydown', (event) => {
    const from = event.target instanceof HTMLElement ? event.target : null;
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || !from) return;
    if (from.closest('[data-mantine-stop-propagation="true"]') || !(from === document.body || from.closest('.sheet'))) return;
    from.blur();
    closeTask();
  });
  return (
    <Drawer
      opened
      onClose={closeTask}
      closeOnEscape={false}
      className="sheet"
      position="right"
      size={small ? '100%' : 560}
      title={t.task.one}
      classNames={{ header: 'visually-hidden' }}
      withCloseButton={false}
      overlayProps={{ backgroundOpacity: 0.25 }}
      transitionProps={{ duration: 120 }}
    >
      {task ? <Sheet key={lastingId(task.id)} task={task} /> : gone || asked.isError ? <Gone error={gone ? null : asked.error} /> : <Coming />}
    </Drawer>
  );
}

function Close() {
  return <CloseButton data-autofocus size="lg" aria-label={useT().close} onClick={closeTask} />;
}

function Coming() {
  return (
    <Group wrap="nowrap" align="flex-start">
      <Skeleton h={180} aria-hidden />
      <Close />
    </Group>
  );
}

const isGone = (error: unknown) => error instanceof ApiError && [403, 404, 410].includes(error.status);

/** `error`: why it cannot be had; null if it is no more. */
function Gone({ error }: { error: unknown }) {
  const t = useT();
  return (
    <Group justify="space-between">
      <Text>{error ? reasonOf(t, error) : t.task.gone}</Text>
      <Close />
    </Group>
  );
}

function Sheet({ task }: { task: Task }) {
  const t = useT();
  // The first frame has the title; what is costly to draw follows it.
  const whole = useDeferredValue(true, false);
  // What is being written stays, whatever comes from elsewhere meanwhile.
  const { draft, write, leave } = useDraft(({ text: written, seen }) => {
    const clean = written.trim();
    if (clean) undoable(changeTask(task.id, { title: clean }, task, { title: seen }));
    return clean || seen;
  });
  const text = draft?.text ?? task.title;
  return (
    <Stack gap="md">
      <Group wrap="nowrap" align="flex-start" gap="xs">
        <CheckCircle task={task} onToggle={() => toggleDone(t, task)} />
        <Textarea
          className="sheet-title"
          variant="unstyled"
          aria-label={t.task.title}
          rows={1}
          dir="auto"
          maxLength={500}
          value={text}
          wrapperProps={{ 'data-text': text }}
          onChange={(event) => write({ text: event.currentTarget.value.replace(/\n/g, ' '), seen: draft?.seen ?? task.title })}
          onBlur={leave}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              event.preventDefault();
              event.currentTarget.blur();
            }
          }}
        />
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.more}>
              <IconDots size={19} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown onKeyDown={keepEscape}>
            <Menu.Item leftSection={<IconLink size={16} />} onClick={() => void copyLink(t, task.id)}>
              {t.task.copyLink}
            </Menu.Item>
            <Menu.Item
              color="var(--late)"
              leftSection={<IconTrash size={16} />}
              onClick={() => {
                closeTask();
                trashMany(t, [task.id]);
              }}
            >
              {t.task.toTrash}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <Close />
      </Group>
      {whole && <Fields task={task} />}
    </Stack>
  );
}

function Fields({ task }: { task: Task }) {
  const t = useT();
  const place = usePlace();
  const projects = useProjects();
  const labels = useLabels();
  const change = (fields: TaskChange) => undoable(changeTask(task.id, fields, task));
  // A label that is typed and not entered yet; the field itself sees to it only when it is left.
  const { write: typeLabel } = useDraft(({ text }) => {
    const label = text.trim();
    if (label && !task.labels.some((each) => each.toLowerCase() === label.toLowerCase())) change({ labels: [...task.labels, label] });
    return text;
  });
  const choices = useMemo(
    () =>
      [...projects.values()]
        .filter((project) => !project.archived || project.id === task.project_id)
        .map((project) => ({ value: project.id, label: project.is_inbox ? t.nav.inbox : project.name })),
    [projects, task.project_id, t],
  );
  return (
    <>
      <DescriptionField value={task.description} onSave={({ text, seen }) => undoable(changeTask(task.id, { description: text }, task, { description: seen }))} />
      <div className="fields">
        <span className="field-name">{t.task.due}</span>
        <DuePicker value={dueOf(task, place.zone)} place={place} onChange={(when) => change(dueFields(when, place.zone))} />
        <span className="field-name">{t.reminders.title}</span>
        <Reminders task={task} place={place} />
        <span className="field-name">{t.task.priority}</span>
        <Select leftSection={<IconFlag size={16} color={`var(--flag-${task.priority})`} />} aria-label={t.task.priority} allowDeselect={false} data={priorities.map((value) => ({ value, label: t.task.priorities[value] }))} value={task.priority} onChange={(value) => value && change({ priority: value as TaskPriority })} />
        <span className="field-name">{t.task.status}</span>
        <Select leftSection={<IconProgress size={16} />} aria-label={t.task.status} allowDeselect={false} data={statuses.map((value) => ({ value, label: t.task.statuses[value] }))} value={task.status} onChange={(value) => value && change({ status: value as TaskStatus })} />
        <span className="field-name">{t.task.project}</span>
        <Select leftSection={<IconHash size={16} color={projects.get(task.project_id)?.color ?? undefined} />} aria-label={t.task.project} allowDeselect={false} searchable={choices.length > 8} data={choices} value={task.project_id} onChange={(value) => value && change({ project_id: value })} />
        <span className="field-name">{t.task.labels}</span>
        <TagsInput leftSection={<IconTag size={16} />} aria-label={t.task.labels} placeholder={task.labels.length === 0 ? t.task.addLabel : undefined} data={labels} value={task.labels} maxTags={50} onSearchChange={(text) => typeLabel(text ? { text, seen: '' } : null)} onChange={(value) => change({ labels: value })} />
      </div>
      <section aria-label={t.task.activity} className="activity">
        <p>
          {t.task.created} {formatInstant(task.created_at, place.locale, place.zone)}
        </p>
        {task.updated_at !== task.created_at && (
          <p>
            {t.task.changed} {formatInstant(task.updated_at, place.locale, place.zone)}
          </p>
        )}
        {task.completed_at && (
          <p>
            {t.task.completedAt} {formatInstant(task.completed_at, place.locale, place.zone)}
          </p>
        )}
      </section>
    </>
  );
}
