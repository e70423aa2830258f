import { getSession } from '../api/session';
import type { NotificationList } from '../api/types';
import { loadSnapshot, saveSnapshot } from './disk';
import { keys, queryClient, type ProjectMap, type TaskMap } from './server';

const quiet = 400;

/** Puts what was known last into the query cache, as stale. */
export async function restoreSnapshot(account: string): Promise<void> {
  const snapshot = await loadSnapshot();
  if (snapshot?.user.id !== account || getSession().status === 'signed_out') return;
  const old = { updatedAt: 1 };
  if (!queryClient.getQueryData(keys.tasks)) {
    queryClient.setQueryData(keys.tasks, new Map(snapshot.tasks.map((task) => [task.id, task])), old);
    queryClient.setQueryData(keys.projects, new Map(snapshot.projects.map((project) => [project.id, project])), old);
    if (snapshot.notifications) queryClient.setQueryData(keys.notifications, snapshot.notifications, old);
  }
}

/** Writes the state down a moment after it changed. */
export function keepSnapshot(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    const session = getSession();
    const tasks = queryClient.getQueryData<TaskMap>(keys.tasks);
    const projects = queryClient.getQueryData<ProjectMap>(keys.projects);
    if (session.status !== 'signed_in' || !tasks || !projects) return;
    void saveSnapshot({
      user: session.user,
      tasks: [...tasks.values()],
      projects: [...projects.values()],
      notifications: queryClient.getQueryData<NotificationList>(keys.notifications) ?? null,
    });
  };
  const kept = new Set<unknown>([keys.tasks[0], keys.projects[0], keys.notifications[0]]);
  const stop = queryClient.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated' || !kept.has(event.query.queryKey[0])) return;
    clearTimeout(timer);
    timer = setTimeout(write, quiet);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
