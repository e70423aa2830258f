import { useQuery } from '@tanstack/react-query';
import { useMemo, useSyncExternalStore } from 'react';
import { getSession, onSession, type Session } from '../api/session';
import type { Project, Task, User } from '../api/types';
import { newProject, newTask, overlay, type Edit } from './edits';
import { getEdits, getRefusals, isLoaded, isOnline, isStalled, removedProjects, removedTasks, subscribe } from './outbox';
import { projectsQuery, tasksQuery, type ProjectMap, type TaskMap } from './server';

const none = new Map<string, never>();

export const useSession = (): Session => useSyncExternalStore(onSession, getSession);
export const useEdits = (): readonly Edit[] => useSyncExternalStore(subscribe, getEdits);
export const useRefused = (): readonly Edit[] => useSyncExternalStore(subscribe, getRefusals);
export const useLoaded = (): boolean => useSyncExternalStore(subscribe, isLoaded);
export const useStalled = (): boolean => useSyncExternalStore(subscribe, isStalled);
export const useOnline = (): boolean => useSyncExternalStore(subscribe, isOnline);

/** Precondition: below the signed-in part of the page. */
export function useUser(): User {
  const session = useSession();
  if (session.status !== 'signed_in') throw new Error('nobody is signed in');
  return session.user;
}

const projectsCache = new WeakMap<readonly Edit[], WeakMap<ProjectMap, ProjectMap>>();
const tasksCache = new WeakMap<readonly Edit[], WeakMap<TaskMap, TaskMap>>();

/** Every component that asks gets the same map, made once. */
function once<T>(cache: WeakMap<readonly Edit[], WeakMap<T & object, T>>, edits: readonly Edit[], server: T & object, make: () => T): T {
  let ofEdits = cache.get(edits);
  if (!ofEdits) cache.set(edits, (ofEdits = new WeakMap()));
  let made = ofEdits.get(server);
  if (!made) ofEdits.set(server, (made = make()));
  return made;
}

export function currentProjects(server: ProjectMap, edits: readonly Edit[]): ProjectMap {
  return once(projectsCache, edits, server, () => overlay<Project>(server, edits, 'project', newProject, removedProjects));
}

export function currentTasks(server: TaskMap, edits: readonly Edit[], account: string, inbox: string): TaskMap {
  return once(tasksCache, edits, server, () =>
    overlay<Task>(server, edits, 'task', (edit) => newTask(edit, account, inbox), removedTasks),
  );
}

export function useProjects(): ProjectMap {
  const { data } = useQuery(projectsQuery);
  const edits = useEdits();
  return currentProjects(data ?? none, edits);
}

export function useInboxId(): string {
  const projects = useProjects();
  return useMemo(() => [...projects.values()].find((project) => project.is_inbox)?.id ?? '', [projects]);
}

export function useTasks(): { tasks: TaskMap; loading: boolean } {
  const { data } = useQuery(tasksQuery);
  const edits = useEdits();
  const session = useSession();
  const inbox = useInboxId();
  const account = session.status === 'signed_in' ? session.user.id : '';
  return { tasks: currentTasks(data ?? none, edits, account, inbox), loading: !data };
}
