// The queue of edits: each is shown at once, kept in IndexedDB, and sent in order. One tab sends at a time.
import { api, body } from '../api/client';
import { ApiError, SignedOut, Unreachable } from '../api/problem';
import { getSession } from '../api/session';
import type { Project, ProjectCreation, Task, TaskCreation } from '../api/types';
import { uuid } from '../api/uuid';
import * as disk from './disk';
import { contested, type Edit, type Fields, type Resource } from './edits';
import { beside, dropServerItem, keys, queryClient, serverItem, setServerItem } from './server';

let edits: readonly Edit[] = [];
let online = true;
let sending = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let pause = 0;
let refused: (error: ApiError, edit: Edit) => void = () => {};
const listeners = new Set<() => void>();
/** `local-…` ids and what the service named them. */
const names = new Map<string, string>();
const firstNames = new Map<string, string>();
/** What was deleted here, so that an undo shows it at once. */
export const removedTasks = new Map<string, Task>();
export const removedProjects = new Map<string, Project>();

const shortestPause = 1_000;
const longestPause = 30_000;

export const getEdits = () => edits;
export const isOnline = () => online;
export const realId = (id: string) => names.get(id) ?? id;
/** One and the same for a thing before and after the service named it: what is drawn for it stays, and keeps the focus. */
export const lastingId = (id: string) => firstNames.get(id) ?? id;
export const onRefused = (listener: typeof refused) => {
  refused = listener;
};

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function publish(next: readonly Edit[]) {
  edits = next;
  for (const listener of listeners) listener();
}

export function setOnline(value: boolean) {
  if (online === value) return;
  online = value;
  for (const listener of listeners) listener();
  if (value) void flush();
}

let sequence = 0;
/** Sorts by time, also within a millisecond; unique. */
const nextKey = () => `${Date.now().toString(36).padStart(9, '0')}-${(sequence++).toString(36).padStart(4, '0')}-${uuid()}`;

export function push(what: { kind: Edit['kind']; resource: Resource; id: string; body?: Fields; base?: Fields }): void {
  const session = getSession();
  if (session.status !== 'signed_in') return;
  const edit: Edit = { body: {}, base: {}, ...what, id: realId(what.id), key: nextKey(), at: Date.now(), account: session.user.id };
  publish([...edits, edit]);
  void disk.saveEdit(edit).then(() => flush());
}

/** Tells edits apart: another one after the next push. */
export const pushed = () => sequence;

/** Takes up what an earlier page left. */
export async function load(account: string): Promise<void> {
  const found = (await disk.loadEdits()).filter((edit) => edit.account === account);
  const known = new Set(edits.map((edit) => edit.key));
  publish([...found.filter((edit) => !known.has(edit.key)), ...edits]);
  void flush();
}

export function reset() {
  clearTimeout(timer);
  names.clear();
  firstNames.clear();
  beside.clear();
  publish([]);
}

function remove(edit: Edit) {
  publish(edits.filter((other) => other.key !== edit.key));
  return disk.deleteEdit(edit.key);
}

function replace(edit: Edit) {
  publish(edits.map((other) => (other.key === edit.key ? edit : other)));
  return disk.saveEdit(edit);
}

/** The person chose: send mine on top of what is there now, or let theirs stand. */
export async function settle(edit: Edit, choice: 'mine' | 'theirs'): Promise<void> {
  if (choice === 'theirs') {
    await remove(edit);
  } else {
    const current = (serverItem(edit.resource, edit.id) ?? {}) as Fields;
    const base = Object.fromEntries(Object.keys(edit.body).map((name) => [name, current[name] ?? null]));
    await replace({ ...edit, base, conflict: false });
  }
  void flush();
}

export async function flush(): Promise<void> {
  if (sending || edits.length === 0 || getSession().status !== 'signed_in') return;
  sending = true;
  clearTimeout(timer);
  try {
    if (navigator.locks) await navigator.locks.request('cumulo-edits', sendAll);
    else await sendAll();
    pause = 0;
  } catch (error) {
    if (error instanceof Unreachable) {
      setOnline(false);
      later(null);
    } else if (error instanceof ApiError) {
      later(error.retryAfter);
    } else if (!(error instanceof SignedOut)) {
      throw error;
    }
  } finally {
    sending = false;
  }
  if (pause === 0 && edits.some((edit) => !edit.conflict)) void flush();
}

function later(seconds: number | null) {
  pause = seconds ? seconds * 1000 : Math.min(longestPause, Math.max(shortestPause, pause * 2));
  timer = setTimeout(() => void flush(), pause);
}

async function sendAll(): Promise<void> {
  for (;;) {
    // What waits behind a conflict of its own thing waits with it.
    const stuck = new Set(edits.filter((edit) => edit.conflict).map((edit) => edit.id));
    const edit = edits.find((each) => !stuck.has(each.id));
    if (!edit) return;
    if (!(await disk.holdsEdit(edit.key))) {
      publish(edits.filter((other) => other.key !== edit.key));
      continue;
    }
    try {
      await send(edit);
      setOnline(true);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setOnline(true);
      if (error.status === 429 || error.status >= 500) throw error;
      await remove(edit);
      if (error.status === 404) dropServerItem(edit.resource, edit.id);
      refused(error, edit);
    }
  }
}

async function send(edit: Edit): Promise<void> {
  const tasks = edit.resource === 'task';
  const header = { 'Idempotency-Key': edit.key };
  const params = { params: { path: { id: edit.id }, header } };
  if (edit.kind === 'create') {
    const made = tasks
      ? await body(api.POST('/tasks', { params: { header }, body: edit.body as TaskCreation }))
      : await body(api.POST('/projects', { params: { header }, body: edit.body as ProjectCreation }));
    setServerItem(edit.resource, made);
    names.set(edit.id, made.id);
    firstNames.set(made.id, edit.id);
    await rename(edit, made.id);
  } else if (edit.kind === 'patch') {
    return patch(edit);
  } else if (edit.kind === 'delete') {
    const gone = serverItem(edit.resource, edit.id);
    if (tasks) await body(api.DELETE('/tasks/{id}', { params: { path: { id: edit.id } } }));
    else await body(api.DELETE('/projects/{id}', { params: { path: { id: edit.id } } }));
    if (gone && tasks) removedTasks.set(gone.id, gone as Task);
    else if (gone) removedProjects.set(gone.id, gone as Project);
    dropServerItem(edit.resource, edit.id);
    if (!tasks) void queryClient.invalidateQueries({ queryKey: keys.tasks });
    void queryClient.invalidateQueries({ queryKey: keys.trash });
  } else {
    const back = tasks ? await body(api.POST('/tasks/{id}/restore', params)) : await body(api.POST('/projects/{id}/restore', params));
    setServerItem(edit.resource, back);
    if (!tasks) void queryClient.invalidateQueries({ queryKey: keys.tasks });
    void queryClient.invalidateQueries({ queryKey: keys.trash });
  }
  await remove(edit);
}

/** Sends with the version that the person could see. If others changed other members meanwhile, both stand. */
async function patch(edit: Edit): Promise<void> {
  const params = { path: { id: edit.id } };
  const tasks = edit.resource === 'task';
  const load = () => (tasks ? body(api.GET('/tasks/{id}', { params })) : body(api.GET('/projects/{id}', { params })));
  let current = serverItem(edit.resource, edit.id) ?? (await load());
  for (;;) {
    if (contested(edit, current as Fields).length > 0) {
      setServerItem(edit.resource, current);
      await replace({ ...edit, conflict: true });
      return;
    }
    const versioned = { params: { ...params, header: { 'If-Match': `"${current.version}"` } } };
    try {
      const next = tasks
        ? await body(api.PATCH('/tasks/{id}', { ...versioned, body: edit.body }))
        : await body(api.PATCH('/projects/{id}', { ...versioned, body: edit.body }));
      setServerItem(edit.resource, next);
      if (!tasks && 'archived' in edit.body) void queryClient.invalidateQueries({ queryKey: keys.tasks });
      await remove(edit);
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      current = await load();
    }
  }
}

/** Later edits of what was made here, or of what is in it, speak of its real name from now on. */
async function rename(made: Edit, id: string): Promise<void> {
  const renamed: Edit[] = [];
  publish(
    edits
      .filter((edit) => edit.key !== made.key)
      .map((edit) => {
        const inIt = edit.body['project_id'] === made.id;
        if (edit.id !== made.id && !inIt) return edit;
        const next = { ...edit, id: edit.id === made.id ? id : edit.id, body: inIt ? { ...edit.body, project_id: id } : edit.body };
        renamed.push(next);
        return next;
      }),
  );
  await Promise.all(renamed.map((edit) => disk.saveEdit(edit)));
  await disk.deleteEdit(made.key);
}
