// Keeps up with what happens elsewhere, by the service's stream of events (GET /stream).
import { Unreachable } from '../api/problem';
import { accessToken, getSession, refresh } from '../api/session';
import type { Project, Task } from '../api/types';
import { getEdits, removedProjects, removedTasks, setOnline } from './outbox';
import { dropServerItem, keys, queryClient, serverItem, setServerItem } from './server';
import { eventsOf, type StreamEvent } from './sse';

interface Told {
  task?: Task;
  project?: Project;
  id?: string;
  actor_id?: string | null;
  changed?: string[];
  resumed?: boolean;
  heartbeat_seconds?: number;
  reason?: string;
}

const firstPause = 1_000;
const longestPause = 30_000;
const usualHeartbeat = 15;

const load = (key: readonly string[]) => void queryClient.invalidateQueries({ queryKey: key });

/** Returns when `signal` says so. */
export async function follow(signal: AbortSignal): Promise<void> {
  let last: string | null = null;
  let pause = firstPause;
  while (!signal.aborted) {
    const quiet = new AbortController();
    const stop = AbortSignal.any([signal, quiet.signal]);
    let watch: ReturnType<typeof setTimeout> | undefined;
    let patience = usualHeartbeat * 3_000;
    try {
      for await (const event of connect(last, stop)) {
        clearTimeout(watch);
        watch = setTimeout(() => quiet.abort(), patience);
        pause = firstPause;
        if (event.id) last = event.id;
        if (!event.data) continue;
        const told = JSON.parse(event.data) as Told;
        if (event.type === 'hello') {
          patience = (told.heartbeat_seconds ?? usualHeartbeat) * 3_000;
          setOnline(true);
          if (!told.resumed) loadAll();
        } else if (event.type === 'end') {
          await refresh();
          break;
        } else {
          hear(event.type, told);
        }
      }
    } catch (error) {
      if (error instanceof Unreachable) setOnline(false);
      if (getSession().status === 'signed_out') return;
    }
    clearTimeout(watch);
    if (signal.aborted) return;
    await new Promise((later) => setTimeout(later, pause * (0.5 + Math.random() / 2)));
    pause = Math.min(longestPause, pause * 2);
  }
}

async function* connect(last: string | null, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const headers: Record<string, string> = { Authorization: `Bearer ${await accessToken()}`, Accept: 'text/event-stream' };
  if (last) headers['Last-Event-ID'] = last;
  let answer: Response;
  try {
    answer = await fetch('/api/v1/stream', { headers, signal, cache: 'no-store' });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unreachable();
  }
  if (answer.status === 401) await refresh();
  if (!answer.ok || !answer.body) throw new Error(`the stream answered ${answer.status}`);
  yield* eventsOf(answer.body);
}

function loadAll() {
  for (const key of [keys.tasks, keys.projects, keys.notifications, keys.trash, keys.closed]) load(key);
}

/** The answer to the POST brings it too; before that its place is held by the edit. */
function isOwnCreation(told: Told, resource: 'task' | 'project'): boolean {
  const session = getSession();
  const own = session.status === 'signed_in' && told.actor_id === session.user.id;
  const name = told.task?.title ?? told.project?.name;
  return own && getEdits().some((edit) => edit.kind === 'create' && edit.resource === resource && (edit.body['title'] ?? edit.body['name']) === name);
}

export function hear(type: string, told: Told) {
  const [what, happened] = type.split('.');
  if (type === 'reset') return loadAll();
  if (what === 'notification') return load(keys.notifications);
  if (what !== 'task' && what !== 'project') return;
  const item = told[what];
  if (happened === 'erased') {
    if (told.id) dropServerItem(what, told.id);
    load(keys.trash);
  } else if (!item) {
    return;
  } else if (happened === 'trashed') {
    const gone = serverItem(what, item.id);
    if (gone && what === 'task') removedTasks.set(gone.id, gone as Task);
    else if (gone) removedProjects.set(gone.id, gone as Project);
    dropServerItem(what, item.id);
    load(keys.trash);
    if (what === 'project') load(keys.tasks);
  } else if (!(happened === 'created' && isOwnCreation(told, what))) {
    setServerItem(what, item);
    if (happened === 'restored') load(keys.trash);
    if (what === 'project' && (happened === 'restored' || told.changed?.includes('archived'))) load(keys.tasks);
  }
}
