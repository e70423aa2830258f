import { useQuery } from '@tanstack/react-query';
import { Failed } from '../../app/Failed';
import { projectsQuery, tasksQuery } from '../../store/server';
import { ListSkeleton } from './ListSkeleton';

/** Until the tasks and the projects are there, and in place of those that cannot be had. */
export function TasksToCome() {
  const lists = [useQuery(tasksQuery), useQuery(projectsQuery)];
  const failed = lists.find((list) => list.isError && !list.data);
  return failed ? <Failed error={failed.error} again={() => lists.forEach((list) => void list.refetch())} /> : <ListSkeleton />;
}
