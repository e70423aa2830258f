import { useEffect, useState } from 'react';
import { focusTask } from './listFocus';

/** For what is mounted as it opens: when it is gone, the focus is where it was. (The library sees to this only for what
 * stays mounted.) */
export function useReturnFocus() {
  const [before] = useState(() => (document.activeElement instanceof HTMLElement ? document.activeElement : null));
  useEffect(() => {
    const task = before?.closest<HTMLElement>('[data-task]')?.dataset['task'];
    return () => {
      requestAnimationFrame(() => {
        const taken = document.activeElement !== null && document.activeElement !== document.body;
        if (taken || !before) return;
        if (before.isConnected) before.focus({ preventScroll: true });
        else if (task) focusTask(task, 2);
      });
    };
  }, [before]);
}
