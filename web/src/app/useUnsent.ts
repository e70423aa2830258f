import { useEffect, useState } from 'react';
import { useEdits, useOnline, useUser } from '../store/hooks';
import { load } from '../store/outbox';

/** Without a change sent for so long the rest may never be. */
const patience = 4_000;

/** How many changes wait to be sent, once those that other tabs left are `complete`; `stuck` when they may never be. */
export function useUnsent() {
  const { id } = useUser();
  const unsent = useEdits().length;
  const online = useOnline();
  const [complete, setComplete] = useState(false);
  const [slow, setSlow] = useState(false);
  useEffect(() => void load(id).then(() => setComplete(true)), [id]);
  useEffect(() => {
    setSlow(false);
    const timer = setTimeout(() => setSlow(true), patience);
    return () => clearTimeout(timer);
  }, [unsent]);
  return { unsent, complete, stuck: slow || !online };
}
