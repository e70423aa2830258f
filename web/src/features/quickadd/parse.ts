// What a line of quick-add means. Pure; dates in words come from `findDates`, so that another reader can take its place.
import type { Project, TaskPriority } from '../../api/types';
import type { When } from '../tasks/due';

export interface DateHit {
  start: number;
  end: number;
  when: When;
  /** Its words stay in the title, for they say more than when the task is due. */
  keep: boolean;
  /** Only a time was said. */
  anyDay: boolean;
}

export type Hit = { start: number; end: number } & (
  | { kind: 'project'; project: Project }
  | { kind: 'label'; label: string }
  | { kind: 'priority'; priority: TaskPriority }
  | { kind: 'due'; when: When; keep: boolean }
);

export interface Understood {
  title: string;
  project: Project | null;
  labels: string[];
  priority: TaskPriority | null;
  due: When | null;
  /** In the order of the text. */
  hits: Hit[];
}

const priorityWords: Record<string, TaskPriority> = {
  '1': 'urgent', '2': 'high', '3': 'medium', '4': 'low',
  urgent: 'urgent', high: 'high', medium: 'medium', low: 'low', none: 'none',
  dringend: 'urgent', hoch: 'high', mittel: 'medium', niedrig: 'low', keine: 'none',
};

/** Where the word at `from` ends; what punctuates the line after it is no part of it. */
const wordEnd = (text: string, from: number) => from + (/^\S*[^\s,.;:!?]/.exec(text.slice(from))?.[0].length ?? 0);

const plain = (name: string) => name.toLowerCase().replaceAll('_', ' ');

/** The project whose whole name stands at `from`; the longest if several do. Spaces may be written as `_`. */
function projectAt(text: string, from: number, projects: readonly Project[]): { project: Project; end: number } | null {
  const rest = plain(text.slice(from));
  let best: { project: Project; end: number } | null = null;
  for (const project of projects) {
    const name = plain(project.name);
    const after = rest[name.length];
    if (!name || !rest.startsWith(name) || (after !== undefined && !/[\s,.;:!?]/.test(after))) continue;
    if (!best || from + name.length > best.end) best = { project, end: from + name.length };
  }
  return best;
}

/** `ignored` holds the pieces of text that the person wants taken as they stand. */
export function parseQuickAdd(
  text: string,
  projects: readonly Project[],
  findDates: (text: string) => DateHit[],
  ignored: ReadonlySet<string> = new Set(),
): Understood {
  const hits: Hit[] = [];
  const take = (hit: Hit) => {
    if (!ignored.has(text.slice(hit.start, hit.end))) hits.push(hit);
  };
  for (const mark of text.matchAll(/(?<=^|\s)[#@!](?=\S)/g)) {
    const start = mark.index;
    const end = wordEnd(text, start + 1);
    const word = text.slice(start + 1, end);
    if (mark[0] === '#') {
      const found = projectAt(text, start + 1, projects);
      if (found) take({ kind: 'project', project: found.project, start, end: found.end });
    } else if (mark[0] === '@') {
      if (word) take({ kind: 'label', label: word, start, end });
    } else {
      const priority = priorityWords[word.toLowerCase()];
      if (priority) take({ kind: 'priority', priority, start, end });
    }
  }
  // Marks hide their words from the reader of dates: "#May" is no month.
  let rest = text;
  for (const hit of hits) rest = rest.slice(0, hit.start) + '\u0000'.repeat(hit.end - hit.start) + rest.slice(hit.end);
  const dates = (text.trim() ? findDates(rest) : []).filter((hit) => !ignored.has(text.slice(hit.start, hit.end)));
  const date = dates.at(-1);
  // A day and a time may stand apart: "Lunch friday with Ada at noon".
  const other = date && dates.findLast((hit) => (date.anyDay ? !hit.when.time : hit.anyDay && !date.when.time));
  const [day, time] = date?.anyDay ? [other, date] : [date, other];
  const due = day && time ? { day: day.when.day, time: time.when.time } : (date?.when ?? null);
  if (day) hits.push({ kind: 'due', ...day });
  if (time && due) hits.push({ kind: 'due', ...time, when: due });
  hits.sort((a, b) => a.start - b.start);

  let title = '';
  let from = 0;
  for (const { start, end } of [...hits.filter((hit) => hit.kind !== 'due' || !hit.keep), { start: text.length, end: text.length }]) {
    const [piece = '', stops = ''] = /^([,.;:!?]*).*/s.exec(text.slice(from, start)) ?? [];
    // What punctuates a hit now follows the word before it.
    if (from === 0 || !stops) title += piece;
    else title = title.trim() ? title.trimEnd() + piece : piece.slice(stops.length);
    from = end;
  }
  title = title.replace(/\s+/g, ' ').trim();
  if (hits.at(-1)?.end === text.trimEnd().length) title = title.replace(/[,;:]$/, '');

  // Said twice, the last word counts.
  const last = <K extends Hit['kind']>(kind: K) => hits.findLast((hit): hit is Extract<Hit, { kind: K }> => hit.kind === kind);
  const labels = hits.flatMap((hit) => (hit.kind === 'label' ? [hit.label] : []));
  return {
    title,
    project: last('project')?.project ?? null,
    labels: labels.filter((label, index) => labels.findIndex((other) => other.toLowerCase() === label.toLowerCase()) === index),
    priority: last('priority')?.priority ?? null,
    due,
    hits,
  };
}
