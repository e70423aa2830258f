// What a person did and the service has not confirmed yet. Pure: how edits change what is shown, and when one conflicts.
import type { Problem, Project, Task } from '../api/types';

export type Resource = 'task' | 'project';
export type Fields = Record<string, unknown>;

export interface Edit {
  /** Its identity, and its Idempotency-Key. Sorts by time. */
  key: string;
  kind: 'create' | 'patch' | 'delete' | 'restore';
  resource: Resource;
  /** Of the service, or `local-…` until the service has made it. */
  id: string;
  body: Fields;
  /** What the changed members were when the person changed them. */
  base: Fields;
  at: number;
  account: string;
  /** The service holds something else by now: the person has to choose. */
  conflict?: boolean;
  /** The service did not take it; kept for the words in it, until the person has seen them. */
  refused?: { status: number; problem: Problem };
}

/** The members of an edit that somebody wrote, and that would be nowhere if it went. */
export const writtenIn = ({ body }: Edit): [name: string, text: string][] =>
  ['title', 'name', 'description'].flatMap((name) => {
    const text = body[name];
    return typeof text === 'string' && text !== '' ? [[name, text] as [string, string]] : [];
  });

/** What goes out next. What waits behind a conflict of its own thing waits with it, and so does what has to be made first. */
export function nextToSend(edits: readonly Edit[], account: string): Edit | undefined {
  const stuck = new Set(edits.filter((edit) => edit.conflict).map((edit) => edit.id));
  const toMake = new Set(edits.filter((edit) => edit.kind === 'create').map((edit) => edit.id));
  return edits.find((edit) => edit.account === account && !stuck.has(edit.id) && (edit.kind === 'create' || !toMake.has(edit.id)) && !toMake.has(String(edit.body['project_id'])));
}

/** `edit` once the service has named what was made as `from`; itself if it does not speak of that. */
export function renamed(edit: Edit, from: string, to: string): Edit {
  const named = (fields: Fields) => (fields['project_id'] === from ? { ...fields, project_id: to } : fields);
  const next = { ...edit, id: edit.id === from ? to : edit.id, body: named(edit.body), base: named(edit.base) };
  return next.id === edit.id && next.body === edit.body && next.base === edit.base ? edit : next;
}

export const isLocal = (id: string) => id.startsWith('local-');

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The members that somebody else changed to something else since `edit` was made. */
export function contested(edit: Edit, current: Fields): string[] {
  return Object.keys(edit.body).filter((name) => {
    // A zone only says how to read the time beside it.
    if (name === 'timezone') return false;
    return !same(current[name] ?? null, edit.base[name] ?? null) && !same(current[name] ?? null, edit.body[name] ?? null);
  });
}

export function newTask(edit: Edit, account: string, inbox: string): Task {
  const time = new Date(edit.at).toISOString();
  return {
    id: edit.id,
    project_id: inbox,
    title: '',
    description: '',
    status: 'todo',
    priority: 'none',
    due: null,
    timezone: null,
    labels: [],
    created_at: time,
    updated_at: time,
    completed_at: null,
    created_by: account,
    version: 0,
    ...withoutNull(edit.body),
  } as Task;
}

export function newProject(edit: Edit): Project {
  const time = new Date(edit.at).toISOString();
  return {
    id: edit.id,
    name: '',
    description: '',
    color: null,
    is_inbox: false,
    archived: false,
    role: 'owner',
    created_at: time,
    updated_at: time,
    version: 0,
    ...withoutNull(edit.body),
  } as Project;
}

function withoutNull(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** `server` with `edits` on top, as the person sees it. Returns `server` itself if no edit concerns it. */
export function overlay<T extends { id: string }>(
  server: ReadonlyMap<string, T>,
  edits: readonly Edit[],
  resource: Resource,
  make: (edit: Edit) => T,
  gone: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  const mine = edits.filter((edit) => edit.resource === resource);
  if (mine.length === 0) return server;
  const shown = new Map(server);
  const removed = new Map(gone);
  for (const edit of mine) {
    const current = shown.get(edit.id);
    if (edit.kind === 'create') {
      shown.set(edit.id, make(edit));
    } else if (edit.kind === 'patch' && current) {
      const next: T = { ...current, ...edit.body };
      if (resource === 'task' && 'status' in edit.body) {
        Object.assign(next, { completed_at: edit.body['status'] === 'done' ? new Date(edit.at).toISOString() : null });
      }
      shown.set(edit.id, next);
    } else if (edit.kind === 'delete' && current) {
      removed.set(edit.id, current);
      shown.delete(edit.id);
    } else if (edit.kind === 'restore') {
      const back = removed.get(edit.id);
      if (back) shown.set(edit.id, back);
    }
  }
  return shown;
}
