// The queue of edits: each is shown at once, kept in IndexedDB, and sent in order. One tab sends at a time.
import { api, body } from '../api/client';
import { ApiError, SignedOut, Unreachable } from '../api/problem';
import { getSession, hasExpired, knownAccount } from '../api/session';
import type { Project, ProjectCreation, Task, TaskCreation } from '../api/types';
import { uuid } from '../api/uuid';
import * as disk from './disk';
import { contested, nextToSend, renamed, writtenIn, type Edit, type Fields, type Resource } from './edits';
import { beside, dropServerItem, keys, queryClient, serverItem, setServerItem } from './server';

let edits: readonly Edit[] = [];
/** What the service did not take, for the words in it. */
let refusals: readonly Edit[] = [];
/** Is what earlier pages left taken up? */
let loaded = false;
let online = true;
let sending = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let pause = 0;
/** Attempts in a row that the service answered, and did not take. */
let failures = 0;
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
/** The service remembers keys for a day. */
const repeatable = 20 * 3_600_000;

export const getEdits = () => edits;
export const getRefusals = () => refusals;
export const isLoaded = () => loaded;
export const isOnline = () => online;
/** Is the service there, and cannot take what waits? */
export const isStalled = () => online && failures > 1;
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

function tell() {
  for (const listener of listeners) listener();
}

function publish(next: readonly Edit[]) {
  edits = next;
  tell();
}

export function setOnline(value: boolean) {
  if (online === value) return;
  online = value;
  tell();
  if (value) takeUp();
}

/** Also what another tab left, which may be gone by now. */
export function takeUp() {
  const session = getSession();
  if (session.status === 'signed_in') void load(session.user.id);
}

let sequence = 0;
/** Sorts by time, also within a millisecond; unique. */
const nextKey = () => `${Date.now().toString(36).padStart(9, '0')}-${(sequence++).toString(36).padStart(4, '0')}-${uuid()}`;

/** Whose edits these are: also just after a session has ended by itself, for what was being written then. */
function writer(): string | null {
  const session = getSession();
  if (session.status === 'signed_in') return session.user.id;
  return hasExpired() ? knownAccount() : null;
}

/** With the real name of a project that was made here. */
function named(fields: Fields = {}): Fields {
  const project = fields['project_id'];
  return typeof project === 'string' ? { ...fields, project_id: realId(project) } : fields;
}

/** Another tab may have written it before this one knew the names. */
const byName = (edit: Edit): Edit => ({ ...edit, id: edit.kind === 'create' ? edit.id : realId(edit.id), body: named(edit.body), base: named(edit.base) });

export function push(what: { kind: Edit['kind']; resource: Resource; id: string; body?: Fields; base?: Fields }): void {
  const account = writer();
  if (!account) return;
  const edit: Edit = { ...what, body: named(what.body), base: named(what.base), id: realId(what.id), key: nextKey(), at: Date.now(), account };
  publish([...edits, edit]);
  void disk.saveEdit(edit).then(() => flush());
}

/** Tells edits apart: another one after the next push. */
export const pushed = () => sequence;

/** Takes up what an earlier page left. */
export async function load(account: string): Promise<void> {
  const found = (await disk.loadEdits()).filter((edit) => edit.account === account);
  const known = new Set(edits.map((edit) => edit.key));
  refusals = found.filter((edit) => edit.refused);
  loaded = true;
  const all = [...found.filter((edit) => !edit.refused && !known.has(edit.key)).map(byName), ...edits.filter((edit) => edit.account === account)];
  publish(all.sort((a, b) => (a.key < b.key ? -1 : 1)));
  void flush();
}

export function reset() {
  clearTimeout(timer);
  names.clear();
  firstNames.clear();
  beside.clear();
  refusals = [];
  loaded = false;
  failures = 0;
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

/** What is taken back stays within reach if there are words in it. */
async function refuse(edit: Edit, { status, problem }: ApiError): Promise<void> {
  if (writtenIn(edit).length === 0) return remove(edit);
  const kept: Edit = { ...edit, refused: { status, problem } };
  refusals = [...refusals, kept];
  publish(edits.filter((other) => other.key !== edit.key));
  await disk.saveEdit(kept);
}

/** The person has seen it and needs it no more. */
export function discard(edit: Edit) {
  refusals = refusals.filter((other) => other.key !== edit.key);
  tell();
  void disk.deleteEdit(edit.key);
}

/** The person chose: send mine on top of what is there now, or let theirs stand. */
export async function settle(edit: Edit, choice: 'mine' | 'theirs'): Promise<void> {
  const held = await disk.heldEdit(edit);
  if (!held?.conflict) {
    // Another tab asked too, and has its answer.
    publish(edits.flatMap((other) => (other.key !== edit.key ? [other] : held ? [held] : [])));
  } else if (choice === 'theirs') {
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
    if (failures > 0) {
      failures = 0;
      tell();
    }
  } catch (error) {
    if (error instanceof Unreachable) {
      setOnline(false);
      later(null);
    } else if (!(error instanceof SignedOut)) {
      // Also what is no answer of the service, such as a page that a network puts before it.
      failures++;
      later(error instanceof ApiError ? error.retryAfter : null);
      tell();
    }
  } finally {
    sending = false;
  }
  const session = getSession();
  if (pause === 0 && session.status === 'signed_in' && nextToSend(edits, session.user.id)) void flush();
}

function later(seconds: number | null) {
  pause = seconds ? seconds * 1000 : Math.min(longestPause, Math.max(shortestPause, pause * 2));
  timer = setTimeout(() => void flush(), pause);
}

async function sendAll(): Promise<void> {
  for (;;) {
    const session = getSession();
    const next = session.status === 'signed_in' ? nextToSend(edits, session.user.id) : undefined;
    if (!next) return;
    const held = await disk.heldEdit(next);
    // What another tab has made is asked for again, by its key, for its name: edits of this tab may speak of it.
    const edit = held ?? (next.kind === 'create' && Date.now() - next.at < repeatable ? next : undefined);
    // What was heard of it meanwhile was passed over for the edit's sake.
    if (!held && next.kind === 'create') void queryClient.invalidateQueries({ queryKey: next.resource === 'task' ? keys.tasks : keys.projects });
    if (!edit || edit.refused) {
      publish(edits.filter((other) => other.key !== next.key));
      continue;
    }
    try {
      await send(byName(edit));
      setOnline(true);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setOnline(true);
      // What does not say what the service says comes from something before it: a proxy that wants a sign-in of its own.
      if (error.status === 429 || error.status >= 500 || error.problem.type === 'about:blank') throw error;
      await refuse(edit, error);
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
  const before = edits;
  const after = before.filter((edit) => edit.key !== made.key).map((edit) => renamed(edit, made.id, id));
  publish(after);
  await Promise.all(after.filter((edit) => !before.includes(edit)).map((edit) => disk.saveEdit(edit)));
  await disk.deleteEdit(made.key);
}
