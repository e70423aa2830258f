import type { Task } from '../../api/types';

/** As the service searches: every word begins some word of title, description or labels (the service asks for whole
 * words but the last; here each may be incomplete). */
export function matches(task: Pick<Task, 'title' | 'description' | 'labels'>, text: string): boolean {
  const hay = ` ${task.title} ${task.labels.join(' ')} ${task.description}`.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ');
  const words = text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  return words.length > 0 && words.every((word) => hay.includes(` ${word}`));
}
