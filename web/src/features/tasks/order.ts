import type { Task, TaskPriority } from '../../api/types';
import { isLocal } from '../../store/edits';
import { addDays, dueOf } from './due';

export const priorities: TaskPriority[] = ['urgent', 'high', 'medium', 'low', 'none'];
const rank = new Map(priorities.map((priority, index) => [priority, index]));

export const isOpen = (task: Task) => task.status === 'todo' || task.status === 'in_progress';

/** What the service has not named yet is the newest, whatever the two clocks say: nothing changes places as it is named. */
const age = (task: Task) => `${isLocal(task.id) ? 1 : 0}${task.created_at}`;

function due(task: Task, zone: string): string {
  const when = dueOf(task, zone);
  return when ? `${when.day}T${when.time ?? '24:00'}` : '~';
}

/** Each task's place is one string, made once: a comparison would make two, many times over. */
function sorted(tasks: readonly Task[], placeOf: (task: Task) => string): Task[] {
  return tasks
    .map((task) => ({ task, place: placeOf(task) }))
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    .map(({ task }) => task);
}

/** What is due first comes first, then what matters more, then what is older. */
export const byUrgency = (tasks: readonly Task[], zone: string) => sorted(tasks, (task) => `${due(task, zone)} ${rank.get(task.priority)} ${age(task)}`);

/** What matters more comes first, then what is due first. */
export const byPriority = (tasks: readonly Task[], zone: string) => sorted(tasks, (task) => `${rank.get(task.priority)} ${due(task, zone)} ${age(task)}`);

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
  return { overdue: byUrgency(found.overdue, zone), today: byUrgency(found.today, zone) };
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
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, list]) => ({ day, tasks: byUrgency(list, zone) }));
}
