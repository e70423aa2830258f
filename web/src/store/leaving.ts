// Notifications that are deleted on the screen while the offer to undo that stands. A page that goes sends them as it goes,
// which a browser may cut off; so the next one sends what is left.
import { api, body } from '../api/client';
import { ApiError } from '../api/problem';

const item = 'cumulo.leaving';
/** Longer than the offer. */
const long = 10_000;

function left(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(item) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}
const keep = (ids: Record<string, number>) => (Object.keys(ids).length > 0 ? localStorage.setItem(item, JSON.stringify(ids)) : localStorage.removeItem(item));

export const leave = (id: string) => keep({ ...left(), [id]: Date.now() });

export function settleLeaving(id: string) {
  const { [id]: _, ...rest } = left();
  keep(rest);
}

export const forgetLeaving = () => localStorage.removeItem(item);

export async function erase(id: string, keepalive = false): Promise<void> {
  try {
    await body(api.DELETE('/notifications/{id}', { params: { path: { id } }, keepalive }));
    settleLeaving(id);
  } catch (error) {
    // Gone already, or somebody else's.
    if (error instanceof ApiError && [403, 404, 410].includes(error.status)) settleLeaving(id);
  }
}

/** What earlier pages left. Others that are open now may still take theirs back. */
export function sendLeft() {
  const send = () => Object.entries(left()).forEach(([id, at]) => void (Date.now() - at >= long && erase(id)));
  send();
  setTimeout(send, long);
}
