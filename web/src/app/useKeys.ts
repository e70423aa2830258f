import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { completeMany, openTask, setPriority, setDay, trashMany } from '../features/tasks/commands';
import { useT } from '../i18n';
import { usePlace } from './locale';
import { focusedTask, moveFocus } from './listFocus';
import { undo } from './toast';
import { addDays } from '../features/tasks/due';
import { clearSelection, getUi, listOrder, select, selectedTasks, selectRange, setUi, toggleSelected } from './ui';

const places = {
  i: '/app/inbox',
  t: '/app/today',
  u: '/app/upcoming',
  c: '/app/calendar',
  n: '/app/notifications',
  s: '/app/settings',
} as const;
const together = 1_200;

const shut = { quick: null, palette: false, help: false, project: null } as const;
/** Asked for, and not there yet. */
const isOpening = () => Object.keys(shut).some((name) => getUi()[name as keyof typeof shut]);

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && !(target instanceof HTMLInputElement && /^(checkbox|radio)$/.test(target.type));

/** The keyboard. Keys for lists act on the selection, or on the task that has the focus. */
export function useKeys() {
  const t = useT();
  const navigate = useNavigate();
  const { today, zone } = usePlace();
  useEffect(() => {
    let going = 0;
    const chosen = (): string[] => {
      const selected = selectedTasks();
      if (selected.length > 0) return selected;
      const one = focusedTask();
      return one ? [one] : [];
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const command = event.ctrlKey || event.metaKey;
      if (command && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setUi({ palette: true });
        return;
      }
      if (typing(event.target)) return;
      // A menu's keys are its own.
      const overlaid = document.querySelector('[role="dialog"]') !== null || (event.target instanceof Element && event.target.closest('[role="menu"]') !== null);
      if (overlaid) return;
      const { quick } = getUi();
      const letter = event.key === 'Enter' ? '\n' : event.key;
      if (quick && letter.length === 1 && !command) {
        event.preventDefault();
        setUi({ quick: { ...quick, typed: (quick.typed ?? '') + letter } });
        return;
      }
      if (command && event.key.toLowerCase() === 'z') {
        event.preventDefault();
        undo();
        return;
      }
      if (command && event.key.toLowerCase() === 'a' && listOrder().length > 0) {
        event.preventDefault();
        select(listOrder());
        return;
      }
      if (command || event.altKey) return;
      if (Date.now() - going < together && event.key in places) {
        going = 0;
        event.preventDefault();
        void navigate({ to: places[event.key as keyof typeof places] });
        return;
      }
      const act = (what: () => void) => {
        event.preventDefault();
        what();
      };
      const each = (what: (ids: string[]) => void) => {
        const ids = chosen();
        if (ids.length > 0) act(() => what(ids));
      };
      const one = focusedTask();
      switch (event.key) {
        case 'g':
          going = Date.now();
          return;
        case 'q':
          return act(() => setUi({ quick: {} }));
        case '?':
          return act(() => setUi({ help: true }));
        case '/':
          return act(() => {
            const field = document.querySelector<HTMLElement>('input[type="search"]');
            if (field) field.focus();
            else void navigate({ to: '/app/search' });
          });
        case 'j':
        case 'ArrowDown':
          return event.key === 'j' || one ? act(() => moveFocus(1)) : undefined;
        case 'k':
        case 'ArrowUp':
          return event.key === 'k' || one ? act(() => moveFocus(-1)) : undefined;
        case 'x':
          return one ? act(() => toggleSelected(one)) : undefined;
        case 'X':
          return one ? act(() => selectRange(one)) : undefined;
        case 'e':
          return each((ids) => completeMany(t, ids));
        case 'o':
          return each(([id]) => openTask(id ?? ''));
        case 'Delete':
        case '#':
          return each((ids) => trashMany(t, ids));
        case 't':
          return each((ids) => setDay(t, ids, today, zone));
        case 'm':
          return each((ids) => setDay(t, ids, addDays(today, 1), zone));
        case '1':
        case '2':
        case '3':
        case '4':
        case '5':
          return each((ids) => setPriority(t, ids, Number(event.key) - 1));
        case 'Escape':
          if (isOpening()) return setUi(shut);
          return clearSelection() ? undefined : (document.activeElement as HTMLElement | null)?.blur();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [t, navigate, today, zone]);
}
