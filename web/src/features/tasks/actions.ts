// What a person can do to tasks. Each is shown at once and goes through the queue of edits.
import { getSession } from '../../api/session';
import type { Project, Task, TaskChange, TaskCreation } from '../../api/types';
import { uuid } from '../../api/uuid';
import { newTask, overlay, type Fields } from '../../store/edits';
import { currentProjects, currentTasks } from '../../store/hooks';
import { getEdits, push, realId, removedTasks } from '../../store/outbox';
import { beside, keys, queryClient, type ProjectMap, type TaskMap } from '../../store/server';

export function projectsNow(): ProjectMap {
  return currentProjects(queryClient.getQueryData<ProjectMap>(keys.projects) ?? new Map(), getEdits());
}

export function tasksNow(): TaskMap {
  const session = getSession();
  const account = session.status === 'signed_in' ? session.user.id : '';
  const inbox = [...projectsNow().values()].find((project) => project.is_inbox)?.id ?? '';
  return currentTasks(queryClient.getQueryData<TaskMap>(keys.tasks) ?? new Map(), getEdits(), account, inbox);
}

/** What stands beside the open tasks, with the edits on top. */
export const besideNow = (): TaskMap => overlay<Task>(beside, getEdits().filter((edit) => beside.has(edit.id)), 'task', (edit) => newTask(edit, '', ''), removedTasks);

/** A task that is in no list, with the edits on top; undefined if one of them deletes it. */
export const withEdits = (task: Task): Task | undefined =>
  overlay<Task>(new Map([[task.id, task]]), getEdits().filter((edit) => edit.id === task.id), 'task', (edit) => newTask(edit, '', ''), removedTasks).get(task.id);

export const taskNow = (id: string): Task | undefined => tasksNow().get(realId(id)) ?? tasksNow().get(id) ?? besideNow().get(id);

/** Makes a task and returns its name for now. */
export function createTask(body: TaskCreation): string {
  const id = `local-${uuid()}`;
  push({ kind: 'create', resource: 'task', id, body: { ...body } });
  return id;
}

function changed(current: Fields | undefined, change: Fields): { body: Fields; base: Fields } | null {
  const names = Object.keys(change).filter((name) => JSON.stringify(current?.[name] ?? null) !== JSON.stringify(change[name] ?? null));
  if (names.length === 0) return null;
  return {
    body: Object.fromEntries(names.map((name) => [name, change[name]])),
    base: Object.fromEntries(names.map((name) => [name, current?.[name] ?? null])),
  };
}

/** Changes what differs. Returns what undoes it; null if nothing differs. `known` where the task is in no list; `seen` what
 * the person had before them when they began, where that may be older than what is there now. */
export function changeTask(id: string, change: TaskChange, known?: Task, seen: Fields = {}): (() => void) | null {
  const current = taskNow(id) ?? known;
  const difference = changed(current as Fields | undefined, change as Fields);
  if (!difference) return null;
  push({ kind: 'patch', resource: 'task', id, body: difference.body, base: { ...difference.base, ...seen } });
  return () => void changeTask(id, difference.base as TaskChange, known);
}

export function trashTask(id: string): () => void {
  push({ kind: 'delete', resource: 'task', id });
  return () => push({ kind: 'restore', resource: 'task', id });
}

export function createProject(body: { name: string; color?: string | null }): string {
  const id = `local-${uuid()}`;
  push({ kind: 'create', resource: 'project', id, body });
  return id;
}

/** `seen` as for a task. */
export function changeProject(id: string, change: Partial<Pick<Project, 'name' | 'description' | 'color' | 'archived'>>, seen: Fields = {}): void {
  const difference = changed(projectsNow().get(realId(id)) as Fields | undefined, change);
  if (difference) push({ kind: 'patch', resource: 'project', id, body: difference.body, base: { ...difference.base, ...seen } });
}

export function trashProject(id: string): () => void {
  push({ kind: 'delete', resource: 'project', id });
  return () => push({ kind: 'restore', resource: 'project', id });
}
