import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** What is being written, and what stood there when it was begun. */
export interface Draft {
  text: string;
  seen: string;
}

/**
 * What is written is saved when its field is left, however that happens: the field may go away under the hand (the way
 * back, a session that ends, a task that somebody deletes), and so may the page. `save` returns what stands there then.
 */
export function useDraft(save: (draft: Draft) => string) {
  const [draft, setDraft] = useState<Draft | null>(null);
  const written = useRef<Draft | null>(null);
  const saving = useRef(save);
  useLayoutEffect(() => {
    saving.current = save;
  }, [save]);
  const write = useCallback((next: Draft | null) => {
    written.current = next;
    setDraft(next);
  }, []);
  const keep = useCallback(() => {
    const { current } = written;
    if (!current || current.text === current.seen) return;
    write({ ...current, seen: saving.current(current) });
  }, [write]);
  const leave = useCallback(() => {
    keep();
    write(null);
  }, [keep, write]);
  useEffect(() => {
    const hidden = () => document.visibilityState === 'hidden' && keep();
    document.addEventListener('visibilitychange', hidden);
    window.addEventListener('pagehide', keep);
    return () => {
      document.removeEventListener('visibilitychange', hidden);
      window.removeEventListener('pagehide', keep);
      keep();
    };
  }, [keep]);
  return { draft, write, leave };
}
