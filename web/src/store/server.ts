// What the service said last: the open tasks (and those closed since the page was opened) and the projects, in the query
// cache. Views select from them, so that changing the view asks nobody.
import { notifyManager, QueryClient } from '@tanstack/react-query';
import { all, api, body } from '../api/client';
import { ApiError, SignedOut } from '../api/problem';
import type { Project, Task } from '../api/types';
import { Arrivals } from './arrivals';

// By default a timer tells the views, and a browser puts timers off until it has painted what a key or a click did: a switch
// was seen to fall back for a moment before it stayed.
notifyManager.setScheduler(queueMicrotask);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: Infinity,
      // Whether there is a network, the request itself tells.
      networkMode: 'always',
      retry: (count, error) => !(error instanceof ApiError && error.status < 500) && !(error instanceof SignedOut) && count < 2,
    },
    mutations: { networkMode: 'always' },
  },
});

export type TaskMap = ReadonlyMap<string, Task>;
export type ProjectMap = ReadonlyMap<string, Project>;

export const keys = {
  tasks: ['tasks'] as const,
  projects: ['projects'] as const,
  notifications: ['notifications'] as const,
  closed: ['closed'] as const,
  trash: ['trash'] as const,
  labels: ['labels'] as const,
};

/** Tasks that a view asked for beside the open ones that are at hand: closed ones, and those of archived projects. */
export const beside = new Map<string, Task>();

const arrivals = { task: new Arrivals<Task>(), project: new Arrivals<Project>() };

export const tasksQuery = {
  queryKey: keys.tasks,
  structuralSharing: false as const,
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<TaskMap> =>
    arrivals.task.during(() => all((cursor) => body(api.GET('/tasks', { params: { query: { completed: false, limit: 200, cursor } }, signal })))),
};

export const projectsQuery = {
  queryKey: keys.projects,
  structuralSharing: false as const,
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<ProjectMap> =>
    arrivals.project.during(() => all((cursor) => body(api.GET('/projects', { params: { query: { limit: 200, cursor } }, signal })))),
};

export function setServerItem(resource: 'task' | 'project', item: Task | Project) {
  if (resource === 'task') queryClient.setQueryData<Task>(['task', item.id], (old) => (old && old.version < item.version ? (item as Task) : old));
  if (resource === 'task' && keepBeside(item as Task)) return;
  (arrivals[resource] as Arrivals<Task | Project>).note(item.id, item);
  const key = resource === 'task' ? keys.tasks : keys.projects;
  queryClient.setQueryData<ReadonlyMap<string, Task | Project>>(key, (old) => {
    const current = old?.get(item.id);
    // Answers and events may overtake each other.
    if (!old || (current && current.version >= item.version)) return old;
    return new Map(old).set(item.id, item);
  });
}

/** True of a task in an archived project, which no list but the project's own shows. */
function keepBeside(task: Task): boolean {
  const archived = (serverItem('project', task.project_id) as Project | undefined)?.archived ?? false;
  const known = beside.get(task.id);
  if ((archived || known) && (known?.version ?? 0) <= task.version) beside.set(task.id, task);
  if (archived) {
    take('task', task.id);
    void queryClient.invalidateQueries({ queryKey: keys.closed });
  }
  return archived;
}

export function dropServerItem(resource: 'task' | 'project', id: string) {
  beside.delete(id);
  take(resource, id);
}

/** Out of the list that all views share. */
function take(resource: 'task' | 'project', id: string) {
  arrivals[resource].note(id, null);
  const key = resource === 'task' ? keys.tasks : keys.projects;
  queryClient.setQueryData<ReadonlyMap<string, Task | Project>>(key, (old) => {
    if (!old?.has(id)) return old;
    const next = new Map(old);
    next.delete(id);
    return next;
  });
}

export function serverItem(resource: 'task' | 'project', id: string): Task | Project | undefined {
  const key = resource === 'task' ? keys.tasks : keys.projects;
  return queryClient.getQueryData<ReadonlyMap<string, Task | Project>>(key)?.get(id) ?? beside.get(id);
}
