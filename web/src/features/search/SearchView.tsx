import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { IconSearch } from '../../app/icons';
import { Failed } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { api, body } from '../../api/client';
import { Unreachable } from '../../api/problem';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { useOnline, useProjects, useTasks } from '../../store/hooks';
import { withEdits } from '../tasks/actions';
import { Empty } from '../tasks/Empty';
import { isOpen } from '../tasks/order';
import { TaskList } from '../tasks/TaskList';
import { ViewHead } from '../tasks/ViewHead';
import { matches } from './matches';

const pause = 120;

/** Open tasks that are at hand appear while one types; what the service finds beside them follows. */
export function SearchView() {
  const t = useT();
  const place = usePlace();
  const navigate = useNavigate();
  const online = useOnline();
  const q = useSearch({ from: '/inside/app/search', select: (found) => found.q });
  const [text, setText] = useState(q ?? '');
  const [asked] = useDebouncedValue(text.trim(), pause);
  const projects = useProjects();
  const { tasks } = useTasks();
  useEffect(() => {
    void navigate({ to: '.', search: (old) => ({ ...old, q: asked || undefined }), replace: true });
  }, [asked, navigate]);
  const answer = useInfiniteQuery({
    queryKey: ['search', asked],
    queryFn: ({ pageParam, signal }) => body(api.GET('/tasks', { params: { query: { q: asked.slice(0, 200), limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled: asked !== '' && online,
    placeholderData: keepPreviousData,
  });
  const groups = useMemo(() => {
    const words = text.trim();
    if (!words) return [{ id: 'found', tasks: [] as Task[] }];
    const found = new Map<string, Task>();
    for (const task of tasks.values()) if (matches(task, words)) found.set(task.id, task);
    if (!answer.isPlaceholderData) {
      for (const task of answer.data?.pages.flatMap((page) => page.items) ?? []) {
        // Open tasks are all at hand: one that is not was deleted since the service answered.
        const now = tasks.get(task.id) ?? (isOpen(task) ? null : withEdits(task));
        if (now && !found.has(task.id)) found.set(task.id, now);
      }
    }
    return [{ id: 'found', tasks: [...found.values()] }];
  }, [text, tasks, answer.data, answer.isPlaceholderData]);
  const count = groups[0]!.tasks.length;
  const unknown = answer.isError || (!online && (!answer.data || answer.isPlaceholderData));
  const nothing = count === 0 && !answer.isFetching;
  return (
    <>
      <ViewHead title={t.nav.search} />
      <TextInput
        autoFocus
        size="md"
        type="search"
        leftSection={<IconSearch size={18} aria-hidden />}
        aria-label={t.search.label}
        placeholder={t.search.label}
        value={text}
        maxLength={200}
        onChange={(event) => setText(event.currentTarget.value)}
        mb="md"
      />
      <p role="status" className="view-note found">
        {text.trim() && !answer.isFetching && !(unknown && count === 0) ? t.search.results(count) : ''}
      </p>
      <TaskList label={t.palette.results} groups={groups} place={place} projects={projects} />
      {answer.hasNextPage && (
        <Button variant="default" onClick={() => void answer.fetchNextPage()} loading={answer.isFetchingNextPage}>
          {t.search.more}
        </Button>
      )}
      {nothing && text.trim() && unknown && <Failed error={answer.error ?? new Unreachable()} again={answer.refetch} />}
      {nothing && !(text.trim() && unknown) && <Empty title={text.trim() ? t.empty.search : t.empty.searchStart} hint={t.empty.searchHint} />}
    </>
  );
}
