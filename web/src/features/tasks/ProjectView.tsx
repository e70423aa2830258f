import { ActionIcon, Button, Menu, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo } from 'react';
import { Failed } from '../../app/Failed';
import { NotFound } from '../../app/Fallbacks';
import { IconArchive, IconDots, IconPencil, IconTrash } from '../../app/icons';
import { usePlace } from '../../app/locale';
import { setUi } from '../../app/ui';
import { api, body } from '../../api/client';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { isLocal } from '../../store/edits';
import { useEdits, useProjects, useTasks } from '../../store/hooks';
import { realId } from '../../store/outbox';
import { beside, keys, projectsQuery } from '../../store/server';
import { besideNow } from './actions';
import { AddLine } from './AddLine';
import { archive, removeProject } from './commands';
import { Empty } from './Empty';
import { ListSkeleton } from './ListSkeleton';
import { byPriority, isOpen } from './order';
import { TaskList, type Group } from './TaskList';
import { TasksToCome } from './TasksToCome';
import { ViewHead } from './ViewHead';

const BoardView = lazy(() => import('../board/BoardView'));

const closedAt = (task: Task) => task.completed_at ?? task.updated_at;
const lastClosedFirst = (tasks: readonly Task[]) => tasks.filter((task) => !isOpen(task)).sort((a, b) => (closedAt(a) < closedAt(b) ? 1 : -1));

/** Puts the tasks of a project that are not at hand anyway beside those that are. */
function useBeside(project: string, completed: boolean, wanted: boolean) {
  return useInfiniteQuery({
    queryKey: [...keys.closed, project, completed],
    queryFn: async ({ pageParam, signal }) => {
      const query = { project_id: project, completed, sort: '-updated_at', limit: completed ? 50 : 200, cursor: pageParam } as const;
      const page = await body(api.GET('/tasks', { params: { query }, signal }));
      if (!pageParam) for (const task of beside.values()) if (task.project_id === project && isOpen(task) !== completed) beside.delete(task.id);
      for (const task of page.items) beside.set(task.id, task);
      return page;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    structuralSharing: false,
    enabled: wanted && !isLocal(project),
  });
}

export function ProjectView() {
  const t = useT();
  const place = usePlace();
  const navigate = useNavigate();
  const { id: named } = useParams({ from: '/inside/app/project/$id' });
  // One by one: an open task is part of the search too, and none of this view's business.
  const view = useSearch({ from: '/inside/app/project/$id', select: (search) => search.view });
  const done = useSearch({ from: '/inside/app/project/$id', select: (search) => search.done ?? false });
  const projects = useProjects();
  const listed = useQuery(projectsQuery).data !== undefined;
  const edits = useEdits();
  const id = realId(named);
  useEffect(() => {
    if (id !== named) void navigate({ to: '/app/project/$id', params: { id }, search: { view, done: done || undefined }, replace: true });
  }, [id, named, view, done, navigate]);
  const project = projects.get(id);
  const { tasks, loading } = useTasks();
  const board = view === 'board';
  const closed = useBeside(id, true, done || board);
  const archived = useBeside(id, false, project?.archived ?? false);
  const all = useMemo(() => {
    const found = new Map(besideNow());
    for (const task of tasks.values()) found.set(task.id, task);
    return byPriority([...found.values()].filter((task) => task.project_id === id), place.zone);
    // What is beside changes with these.
  }, [tasks, closed.data, archived.data, edits, id, place.zone]);
  const open = useMemo(() => all.filter(isOpen), [all]);
  const groups = useMemo(() => {
    const list: Group[] = [{ id: 'open', tasks: open }];
    if (done) list.push({ id: 'done', title: t.views.done, tasks: lastClosedFirst(all) });
    return list;
  }, [all, open, done, t]);
  const failed = [archived, closed].find((list) => list.isError);
  const more = [archived, closed].find((list) => list.hasNextPage);
  if (loading || !listed) return <TasksToCome />;
  if (archived.isLoading) return <ListSkeleton />;
  if (!project) return <NotFound />;
  return (
    <>
      <ViewHead title={project.name} note={open.length > 0 ? t.task.count(open.length) : undefined}>
        <SegmentedControl
          size="xs"
          aria-label={t.project.options(project.name)}
          value={board ? 'board' : 'list'}
          onChange={(value) => void navigate({ to: '.', search: (old) => ({ ...old, view: value === 'board' ? ('board' as const) : undefined }), replace: true })}
          data={[
            { value: 'list', label: t.views.list },
            { value: 'board', label: t.views.board },
          ]}
        />
        {!board && (
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => void navigate({ to: '.', search: (old) => ({ ...old, done: done ? undefined : (true as const) }), replace: true })}>
            {done ? t.views.hideDone : t.views.showDone}
          </Button>
        )}
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.project.options(project.name)}>
              <IconDots size={19} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setUi({ project: id })}>
              {t.project.edit}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconArchive size={16} />}
              onClick={() => archive(t, project, !project.archived)}
            >
              {project.archived ? t.project.unarchive : t.project.archive}
            </Menu.Item>
            <Menu.Item
              color="var(--late)"
              leftSection={<IconTrash size={16} />}
              onClick={() => removeProject(t, project)}
            >
              {t.project.remove}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </ViewHead>
      {board ? (
        <Suspense fallback={<ListSkeleton />}>
          <BoardView project={project} tasks={all} place={place} />
        </Suspense>
      ) : (
        <>
          <TaskList label={project.name} groups={groups} place={place} />
          <AddLine defaults={{ project: id }} where={project.name} />
          {open.length === 0 && !done && !failed && <Empty title={t.empty.project} hint={t.empty.projectHint} />}
        </>
      )}
      {failed && <Failed error={failed.error} again={failed.refetch} />}
      {more && (
        <Button variant="default" mt="md" loading={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()}>
          {t.search.more}
        </Button>
      )}
    </>
  );
}
