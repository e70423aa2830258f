import { memo, type ReactNode } from 'react';
import { IconCalendarWeek, IconClock, IconCloudOff, IconHash } from '../../app/icons';
import type { Place } from '../../app/locale';
import { toggleSelected, useSelected } from '../../app/ui';
import type { Project, Task, TaskStatus } from '../../api/types';
import { useT } from '../../i18n';
import { isLocal } from '../../store/edits';
import { CheckCircle } from './CheckCircle';
import { openTask, toggleDone } from './commands';
import { dueText, dueTone } from './dueText';
import { dueOf, formatTime } from './due';
import { isOpen } from './order';

export interface RowProps {
  task: Task;
  place: Place;
  /** Shown where the list holds several projects. */
  project?: Project | undefined;
  /** The day and the status that the place of the row says already. */
  day?: string | undefined;
  status?: TaskStatus | undefined;
  handle?: ReactNode;
}

export const TaskRow = memo(function TaskRow({ task, place, project, day, status, handle }: RowProps) {
  const t = useT();
  const selected = useSelected(task.id);
  const due = dueOf(task, place.zone);
  return (
    <div
      className="row"
      data-task={task.id}
      data-selected={selected || undefined}
      data-done={!isOpen(task) || undefined}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('button, a, label')) return;
        if (event.ctrlKey || event.metaKey || event.shiftKey) toggleSelected(task.id);
        else openTask(task.id);
      }}
    >
      {handle}
      <CheckCircle task={task} onToggle={() => toggleDone(t, task)} />
      <div className="row-text">
        <button type="button" className="row-title" dir="auto" data-open aria-haspopup="dialog" onClick={() => openTask(task.id)}>
          {task.title}
        </button>
        <div className="row-meta">
          {due && (due.day !== day || due.time) && (
            <span className={`due ${dueTone(due, place, isOpen(task))}`}>
              {due.day === day ? <IconClock size={14} aria-hidden /> : <IconCalendarWeek size={14} aria-hidden />}
              {due.day === day && due.time ? formatTime(due.time, place.locale) : dueText(t, due, place)}
            </span>
          )}
          {task.status === 'in_progress' && status !== task.status && <span className="badge">{t.task.statuses.in_progress}</span>}
          {task.labels.map((label) => (
            <span key={label} className="label">
              @{label}
            </span>
          ))}
          {isLocal(task.id) && (
            <span className="unsent" title={t.task.unsent}>
              <IconCloudOff size={13} aria-label={t.task.unsent} />
            </span>
          )}
        </div>
      </div>
      {project && !project.is_inbox && (
        <span className="row-project">
          <IconHash size={13} aria-hidden color={project.color ?? undefined} />
          <span>{project.name}</span>
        </span>
      )}
      {selected && <span className="visually-hidden">{t.bulk.selected(1)}</span>}
    </div>
  );
});
