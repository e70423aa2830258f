import { expect, it } from 'vitest';
import type { Task } from '../src/api/types';
import { todayOf } from '../src/features/tasks/order';

const task = (id: string, created_at: string) => ({ id, title: id, status: 'todo', priority: 'none', due: '2026-12-01', timezone: null, created_at }) as Task;

it('tasks keep their places while the service names them', () => {
  // Three were added here within a second; the service's clock is that of their arrival, or quite another.
  const [one, two, three] = ['10:00:00.100', '10:00:00.400', '10:00:00.700'].map((time, index) => task(`local-${index}`, `2026-12-01T${time}Z`)) as [Task, Task, Task];
  for (const hour of ['09', '10', '11']) {
    const named = [one, two, three].map((_, index) => task(`01a2-${index}`, `2026-12-01T${hour}:00:0${index + 1}.000Z`)) as [Task, Task, Task];
    for (let sent = 0; sent <= 3; ++sent) {
      const list = [...[one, two, three].slice(sent), ...named.slice(0, sent)];
      expect(todayOf(list, '2026-12-01', 'Europe/Berlin').today.map(({ id }) => id.at(-1))).toEqual(['0', '1', '2']);
    }
  }
});
