import { realId } from '../store/outbox';
import { listOrder, revealTask } from './ui';

const rowOf = (id: string) => document.querySelector<HTMLElement>(`[data-task="${CSS.escape(id)}"] [data-open]`);

/** The task whose row has the focus. */
export function focusedTask(): string | null {
  return document.activeElement?.closest<HTMLElement>('[data-task]')?.dataset['task'] ?? null;
}

/** Puts the focus on a task's row, which may have to be scrolled into being first. */
export function focusTask(task: string, attempts = 10) {
  const id = realId(task);
  revealTask(id);
  const row = rowOf(id);
  if (row) {
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  } else if (attempts > 0) {
    requestAnimationFrame(() => focusTask(id, attempts - 1));
  }
}

export function moveFocus(step: 1 | -1) {
  const order = listOrder();
  const here = order.indexOf(focusedTask() ?? '');
  const next = order[here < 0 ? (step > 0 ? 0 : order.length - 1) : Math.min(order.length - 1, Math.max(0, here + step))];
  if (next) focusTask(next);
}

/** Before a task leaves its list: the focus goes to its neighbour. */
export function passFocus(leaving: readonly string[]) {
  const here = focusedTask();
  if (!here || !leaving.includes(here)) return;
  const order = listOrder();
  const at = order.indexOf(here);
  const left = new Set(leaving);
  const next = order.slice(at + 1).find((id) => !left.has(id)) ?? order.slice(0, at).reverse().find((id) => !left.has(id));
  if (next) requestAnimationFrame(() => focusTask(next));
}
