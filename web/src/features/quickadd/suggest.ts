import type { Project } from '../../api/types';

export interface Suggestion {
  start: number;
  end: number;
  insert: string;
}

const most = 5;
/** A label that has several words cannot be said in the line. */
const sayable = (label: string) => /^\S*[^\s,.;:!?]$/.test(label);

/** What the word at the caret may become: `#` a project, `@` a label. */
export function suggest(text: string, caret: number, projects: readonly Project[], labels: readonly string[]): Suggestion[] {
  const before = text.slice(0, caret);
  const start = Math.max(before.lastIndexOf('#'), before.lastIndexOf('@'));
  if (start < 0 || (start > 0 && !/\s/.test(before[start - 1] ?? ''))) return [];
  const mark = before[start];
  const typed = before.slice(start + 1).toLowerCase();
  if (/\s/.test(typed)) return [];
  const names = mark === '#' ? projects.filter((project) => !project.is_inbox).map((project) => project.name) : labels.filter(sayable);
  return names
    .filter((name) => name.toLowerCase().includes(typed) && name.toLowerCase() !== typed)
    .slice(0, most)
    .map((name) => ({ start, end: caret, insert: mark + name }));
}
