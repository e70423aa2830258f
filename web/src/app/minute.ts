import { useSyncExternalStore } from 'react';

const long = 60_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let minute = Math.floor(Date.now() / long) * long;

function tick() {
  const now = Math.floor(Date.now() / long) * long;
  if (now === minute) return;
  minute = now;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(tick, 5_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Now, to the minute: so that Today turns at midnight. */
export const useMinute = () => useSyncExternalStore(subscribe, () => minute);
