// What is open over the page, and what is selected: small state that many features touch.
import { useSyncExternalStore } from 'react';
import { lastingId, realId } from '../store/outbox';

export interface QuickDefaults {
  project?: string | undefined;
  day?: string | undefined;
  /** What was typed before the bar was there; a line that ends was entered. */
  typed?: string;
}

export interface Ui {
  quick: QuickDefaults | null;
  palette: boolean;
  help: boolean;
  /** What the service did not take. */
  refused: boolean;
  /** Signing out, once all is sent. */
  leaving: boolean;
  /** The project that is edited; 'new' for one that is not there yet. */
  project: string | null;
  /** By the ids that last. */
  selected: ReadonlySet<string>;
}

let ui: Ui = { quick: null, palette: false, help: false, refused: false, leaving: false, project: null, selected: new Set() };
const listeners = new Set<() => void>();
/** The ids of the list on the screen, in order, and how to bring one into view. */
let order: readonly string[] = [];
let reveal: (id: string) => void = () => {};

export const getUi = () => ui;

export function setUi(change: Partial<Ui>) {
  ui = { ...ui, ...change };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useUi = (): Ui => useSyncExternalStore(subscribe, getUi);
export const useSelected = (id: string): boolean => useSyncExternalStore(subscribe, () => ui.selected.has(lastingId(id)));
export const selectedTasks = (): string[] => [...ui.selected].map(realId);
export const useSelectedCount = (): number => useSyncExternalStore(subscribe, () => ui.selected.size);
export const select = (ids: readonly string[]) => setUi({ selected: new Set(ids.map(lastingId)) });

export function toggleSelected(id: string) {
  const selected = new Set(ui.selected);
  const lasting = lastingId(id);
  if (!selected.delete(lasting)) selected.add(lasting);
  setUi({ selected });
}

export function selectRange(to: string) {
  const last = selectedTasks().pop();
  const from = last ? order.indexOf(last) : -1;
  const end = order.indexOf(to);
  if (from < 0 || end < 0) return toggleSelected(to);
  select([...selectedTasks(), ...order.slice(Math.min(from, end), Math.max(from, end) + 1)]);
}

export const clearSelection = () => ui.selected.size > 0 && setUi({ selected: new Set() });
export const listOrder = () => order;

export function showList(ids: readonly string[], bring: (id: string) => void) {
  order = ids;
  reveal = bring;
}

export const revealTask = (id: string) => reveal(id);
