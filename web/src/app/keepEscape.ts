import type { KeyboardEvent } from 'react';

/** For what opens over a sheet: escape closes that alone. */
export function keepEscape(event: KeyboardEvent) {
  if (event.key === 'Escape') event.stopPropagation();
}
