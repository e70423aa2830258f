// What buttons, keys and the palette do alike: act on tasks, tell, offer to undo.
import { passFocus } from '../../app/listFocus';
import { router } from '../../app/router';
import { tell, tellUndoable, undoable } from '../../app/toast';
import { clearSelection } from '../../app/ui';
import type { Project, Task, TaskChange, TaskStatus } from '../../api/types';
import type { Messages } from '../../i18n';
import { isLocal } from '../../store/edits';
import { realId } from '../../store/outbox';
import { changeProject, changeTask, taskNow, trashProject, trashTask } from './actions';
import { dueFields, dueOf } from './due';
import { isOpen, priorities } from './order';

type Undo = (() => void) | null;

function together(t: Messages, message: (count: number) => string, undos: Undo[]) {
  const taken = undos.filter((undo) => undo !== null);
  if (taken.length > 0) tellUndoable(t, message(taken.length), () => taken.reverse().forEach((undo) => undo()));
}

export function openTask(id: string, replace = false) {
  void router.navigate({ to: '.', search: (old) => ({ ...old, task: id }), replace });
}

export function closeTask() {
  void router.navigate({ to: '.', search: (old) => ({ ...old, task: undefined }) });
}

export function setStatus(t: Messages, task: Task, status: TaskStatus) {
  const undo = changeTask(task.id, { status }, task);
  undoable(undo);
  if (undo && status === 'done') tellUndoable(t, t.task.completed, undo);
  if (undo && status === 'cancelled') tellUndoable(t, t.task.cancelled, undo);
}

export function toggleDone(t: Messages, task: Task) {
  if (isOpen(task)) passFocus([task.id]);
  setStatus(t, task, isOpen(task) ? 'done' : 'todo');
}

export function completeMany(t: Messages, ids: readonly string[]) {
  passFocus(ids);
  together(t, (count) => (count === 1 ? t.task.completed : t.task.completedMany(count)), ids.map((id) => changeTask(id, { status: 'done' })));
  clearSelection();
}

export function trashMany(t: Messages, ids: readonly string[]) {
  passFocus(ids);
  together(t, (count) => (count === 1 ? t.task.trashed : t.task.trashedMany(count)), ids.map((id) => trashTask(id)));
  clearSelection();
}

export function changeMany(t: Messages, ids: readonly string[], change: (task: Task) => TaskChange) {
  together(
    t,
    t.task.movedMany,
    ids.map((id) => {
      const task = taskNow(id);
      return task ? changeTask(id, change(task)) : null;
    }),
  );
  clearSelection();
}

/** Another day, the same time of day. */
export function setDay(t: Messages, ids: readonly string[], day: string | null, zone: string) {
  changeMany(t, ids, (task) => dayChange(task, day, zone));
}

export function dayChange(task: Task, day: string | null, zone: string): TaskChange {
  const due = dueOf(task, zone);
  if (day === due?.day) return {};
  return day ? dueFields({ day, time: due?.time ?? null }, zone) : { due: null };
}

export function setPriority(t: Messages, ids: readonly string[], index: number) {
  changeMany(t, ids, () => ({ priority: priorities[index] }));
}

export async function copyLink(t: Messages, id: string) {
  const real = realId(id);
  // It has no address yet that would last.
  if (isLocal(real)) return tell(t.task.unsent);
  const link = `${location.origin}/app/task/${real}`;
  try {
    await navigator.clipboard.writeText(link);
    tell(t.task.copied);
  } catch {
    // Not allowed, or not there: over plain HTTP no page has a clipboard.
    tell(link);
  }
}

export function archive(t: Messages, project: Project, archived: boolean) {
  changeProject(project.id, { archived });
  tellUndoable(t, archived ? t.project.archived : t.project.back, () => changeProject(project.id, { archived: !archived }));
}

export function removeProject(t: Messages, project: Project) {
  tellUndoable(t, t.project.removed(project.name), trashProject(project.id));
  void router.navigate({ to: '/app/inbox' });
}
