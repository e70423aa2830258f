import { useMemo } from 'react';
import { useTasks } from '../../store/hooks';

/** The labels in use, the most used first. */
export function useLabels(): string[] {
  const { tasks } = useTasks();
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const task of tasks.values()) for (const label of task.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([label]) => label);
  }, [tasks]);
}
