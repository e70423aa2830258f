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

export const loadEdits = () =>
  quietly(async () => (await entries<string, Edit>(queue)).map(([, edit]) => edit).sort((a, b) => (a.key < b.key ? -1 : 1)), []);
export const saveEdit = (edit: Edit) => quietly(() => set(edit.key, edit, queue), undefined);
export const deleteEdit = (key: string) => quietly(() => del(key, queue), undefined);
/** Another tab may have sent it meanwhile. True where there is no storage to ask. */
export const holdsEdit = (key: string) => quietly(async () => (await get<Edit>(key, queue)) !== undefined, true);

export const forgetAll = () =>
  quietly(async () => {
    await clear(state);
    await clear(queue);
  }, undefined);
