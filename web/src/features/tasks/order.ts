import type { Task, TaskPriority } from '../../api/types';
import { isLocal } from '../../store/edits';
import { addDays, dueOf } from './due';

export const priorities: TaskPriority[] = ['urgent', 'high', 'medium', 'low', 'none'];
const rank = new Map(priorities.map((priority, index) => [priority, index]));

export const isOpen = (task: Task) => task.status === 'todo' || task.status === 'in_progress';

/** What the service has not named yet is the newest, whatever the two clocks say: nothing changes places as it is named. */
function byAge(a: Task, b: Task): number {
  const sent = Number(isLocal(a.id)) - Number(isLocal(b.id));
  if (sent !== 0 || a.created_at === b.created_at) return sent;
  return a.created_at < b.created_at ? -1 : 1;
}

/** What is due first comes first, then what matters more, then what is older. */
export function byUrgency(zone: string): (a: Task, b: Task) => number {
  const place = (task: Task) => {
    const due = dueOf(task, zone);
    return due ? `${due.day}T${due.time ?? '24:00'}` : '~';
  };
  return (a, b) => {
    const whenA = place(a);
    const whenB = place(b);
    if (whenA !== whenB) return whenA < whenB ? -1 : 1;
    return (rank.get(a.priority) ?? 0) - (rank.get(b.priority) ?? 0) || byAge(a, b);
  };
}

/** What matters more comes first, then what is due first. */
export function byPriority(zone: string): (a: Task, b: Task) => number {
  const urgency = byUrgency(zone);
  return (a, b) => (rank.get(a.priority) ?? 0) - (rank.get(b.priority) ?? 0) || urgency(a, b);
}

export interface Today {
  overdue: Task[];
  today: Task[];
}

export function todayOf(tasks: Iterable<Task>, day: string, zone: string): Today {
  const found: Today = { overdue: [], today: [] };
  for (const task of tasks) {
    if (!isOpen(task)) continue;
    const due = dueOf(task, zone);
    if (!due || due.day > day) continue;
    (due.day < day ? found.overdue : found.today).push(task);
  }
  found.overdue.sort(byUrgency(zone));
  found.today.sort(byUrgency(zone));
  return found;
}

/** Open tasks by day, from `first` for `count` days; later ones under their own days. */
export function agendaOf(tasks: Iterable<Task>, first: string, count: number, zone: string): { day: string; tasks: Task[] }[] {
  const days = new Map<string, Task[]>();
  for (let index = 0; index < count; ++index) days.set(addDays(first, index), []);
  for (const task of tasks) {
    if (!isOpen(task)) continue;
    const due = dueOf(task, zone);
    if (!due || due.day < first) continue;
    const there = days.get(due.day);
    if (there) there.push(task);
    else days.set(due.day, [task]);
  }
  const compare = byUrgency(zone);
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, list]) => ({ day, tasks: list.sort(compare) }));
}
