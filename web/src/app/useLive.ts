import { useEffect } from 'react';
import { follow } from '../store/live';

/** Changes made elsewhere appear by themselves. */
export function useLive() {
  useEffect(() => {
    const stop = new AbortController();
    void follow(stop.signal);
    return () => stop.abort();
  }, []);
}
