import { Button } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Failed } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tell, tellError } from '../../app/toast';
import { useConfirm } from '../../app/useConfirm';
import { api, body } from '../../api/client';
import type { TrashItem } from '../../api/types';
import { useT } from '../../i18n';
import { useEdits } from '../../store/hooks';
import { keys, queryClient } from '../../store/server';
import { push } from '../../store/outbox';
import { dayText } from '../tasks/dueText';
import { whenOf } from '../tasks/due';
import { Empty } from '../tasks/Empty';
import { ListSkeleton } from '../tasks/ListSkeleton';
import { ViewHead } from '../tasks/ViewHead';

export function TrashView() {
  const t = useT();
  const place = usePlace();
  const [dialog, confirm] = useConfirm();
  const trash = useInfiniteQuery({
    queryKey: keys.trash,
    queryFn: ({ pageParam, signal }) => body(api.GET('/trash', { params: { query: { limit: 100, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  });
  const again = () => queryClient.invalidateQueries({ queryKey: keys.trash });
  const purge = useMutation({
    mutationFn: (item: TrashItem | null) => (item ? body(api.DELETE('/trash/{id}', { params: { path: { id: item.id } } })) : body(api.DELETE('/trash'))),
    onError: (error) => tellError(t, error),
    onSettled: again,
  });
  const restore = (item: TrashItem) => {
    push({ kind: 'restore', resource: item.kind, id: item.id });
    tell(t.trash.restored);
  };
  // What is on its way back is not there any more.
  const back = new Set(useEdits().flatMap((edit) => (edit.kind === 'restore' ? [edit.id] : [])));
  const items = (trash.data?.pages.flatMap((page) => page.items) ?? []).filter((item) => !back.has(item.id));
  return (
    <>
      <ViewHead title={t.nav.trash} note={t.empty.trashHint}>
        {items.length > 0 && (
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => confirm({ act: t.trash.empty, text: t.trash.emptyAsk, run: () => purge.mutate(null) })}>
            {t.trash.empty}
          </Button>
        )}
      </ViewHead>
      {trash.isPending ? (
        <ListSkeleton />
      ) : trash.isError && items.length === 0 ? (
        <Failed error={trash.error} again={trash.refetch} />
      ) : items.length === 0 ? (
        <Empty title={t.empty.trash} />
      ) : (
        <ul className="plain" aria-label={t.nav.trash}>
          {items.map((item) => (
            <li key={item.id} className="plain-row">
              <div className="row-text">
                <span className="row-title" dir="auto">{item.title}</span>
                <span className="row-meta">
                  {t.trash.kinds[item.kind]} · {t.trash.until(dayText(t, whenOf(new Date(item.purged_after), place.zone).day, place))}
                </span>
              </div>
              <div className="row-acts">
                <Button size="compact-sm" variant="light" aria-label={`${t.trash.restore}: ${item.title}`} onClick={() => restore(item)}>
                  {t.trash.restore}
                </Button>
                <Button size="compact-sm" variant="subtle" color="red" aria-label={`${t.trash.purge}: ${item.title}`} onClick={() => confirm({ act: t.trash.purge, text: t.trash.purgeAsk(item.title), run: () => purge.mutate(item) })}>
                  {t.trash.purge}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {trash.hasNextPage && <Button variant="default" mt="md" onClick={() => void trash.fetchNextPage()}>{t.search.more}</Button>}
      {dialog}
    </>
  );
}
