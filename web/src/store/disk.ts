// What outlives the page: the last known state and the queue of edits, in IndexedDB.
import { clear, createStore, del, entries, get, set } from 'idb-keyval';
import type { NotificationList, Project, Task, User } from '../api/types';
import type { Edit } from './edits';

export interface Snapshot {
  user: User;
  tasks: Task[];
  projects: Project[];
  notifications: NotificationList | null;
}

const state = createStore('cumulo-state', 'state');
const queue = createStore('cumulo-edits', 'edits');

/** A browser may refuse storage (private windows): then nothing outlives the page, and all else works. */
async function quietly<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch {
    return otherwise;
  }
}

export const loadSnapshot = () => quietly(async () => (await get<Snapshot>('last', state)) ?? null, null);
export const saveSnapshot = (snapshot: Snapshot) => quietly(() => set('last', snapshot, state), undefined);

const noted = 'cumulo.edit.';
/** Edits that the database did not take: they live in this page alone. */
const onlyHere = new Set<string>();

function note(edit: Edit) {
  try {
    localStorage.setItem(noted + edit.key, JSON.stringify(edit));
  } catch {
    // Full, or not allowed: the database may still be.
  }
}

function notes(): Edit[] {
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(noted))
    .flatMap((name) => {
      try {
        return [JSON.parse(localStorage.getItem(name) ?? '') as Edit];
      } catch {
        return [];
      }
    });
}

export async function loadEdits(): Promise<Edit[]> {
  const late = notes();
  const found = new Map(await quietly(() => entries<string, Edit>(queue), []));
  for (const edit of late) {
    found.set(edit.key, edit);
    void saveEdit(edit);
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A page that goes has no time for the database: until that has the edit, a note of it is where a page writes at once. */
export async function saveEdit(edit: Edit): Promise<void> {
  note(edit);
  try {
    await set(edit.key, edit, queue);
    onlyHere.delete(edit.key);
    localStorage.removeItem(noted + edit.key);
  } catch {
    onlyHere.add(edit.key);
  }
}

export async function deleteEdit(key: string): Promise<void> {
  onlyHere.delete(key);
  localStorage.removeItem(noted + key);
  await quietly(() => del(key, queue), undefined);
}

/** `edit` as it is kept, for another tab may have changed it; undefined if one has sent it. */
export async function heldEdit(edit: Edit): Promise<Edit | undefined> {
  if (onlyHere.has(edit.key)) return edit;
  return (await quietly(() => get<Edit>(edit.key, queue), edit)) ?? (onlyHere.has(edit.key) ? edit : undefined);
}

/** Of `account`; what another has not sent waits until that one signs in again. */
export const forgetAll = (account: string) =>
  quietly(async () => {
    await clear(state);
    for (const edit of await loadEdits()) if (edit.account === account) await deleteEdit(edit.key);
  }, undefined);
