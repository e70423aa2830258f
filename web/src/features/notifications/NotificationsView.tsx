import { ActionIcon, Anchor, Button } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useReducer, useState, type MouseEvent } from 'react';
import { IconCheck, IconX } from '../../app/icons';
import { Failed, FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { router } from '../../app/router';
import { tellError, tellUndoable } from '../../app/toast';
import { api, body } from '../../api/client';
import type { Notification, NotificationList } from '../../api/types';
import { useT } from '../../i18n';
import { erase, leave, settleLeaving } from '../../store/leaving';
import { keys, queryClient } from '../../store/server';
import { formatInstant } from '../tasks/due';
import { Empty } from '../tasks/Empty';
import { ListSkeleton } from '../tasks/ListSkeleton';
import { ViewHead } from '../tasks/ViewHead';
import { notificationsQuery } from './query';

type Act = { kind: 'read' | 'delete'; item: Notification } | { kind: 'read-all' };

/** Taken away on the screen; sent when the offer to undo it is over, or when the page goes. */
const leaving = new Set<string>();
const sent = new Set<string>();

window.addEventListener('pagehide', () => {
  for (const id of leaving) {
    if (sent.has(id)) continue;
    sent.add(id);
    void erase(id, true);
  }
});

function after(list: NotificationList, act: Act): NotificationList {
  const now = new Date().toISOString();
  if (act.kind === 'read-all') return { ...list, unread_count: 0, items: list.items.map((item) => ({ ...item, read_at: item.read_at ?? now })) };
  const less = act.item.read_at ? 0 : 1;
  const items =
    act.kind === 'delete'
      ? list.items.filter((item) => item.id !== act.item.id)
      : list.items.map((item) => (item.id === act.item.id ? { ...item, read_at: item.read_at ?? now } : item));
  return { ...list, items, unread_count: Math.max(0, list.unread_count - less) };
}

async function send(act: Act): Promise<unknown> {
  if (act.kind === 'read-all') return body(api.POST('/notifications/read', {}));
  const params = { path: { id: act.item.id } };
  return act.kind === 'read' ? body(api.POST('/notifications/{id}/read', { params })) : body(api.DELETE('/notifications/{id}', { params }));
}

export function NotificationsView() {
  const t = useT();
  const place = usePlace();
  const { data, isPending, error, refetch } = useQuery({ ...notificationsQuery, staleTime: 5_000 });
  const act = useMutation({
    mutationFn: send,
    onMutate: (what: Act) => {
      void queryClient.cancelQueries({ queryKey: keys.notifications });
      const before = queryClient.getQueryData<NotificationList>(keys.notifications);
      if (before) queryClient.setQueryData(keys.notifications, after(before, what));
      return before;
    },
    onError: (error, _what, before) => {
      queryClient.setQueryData(keys.notifications, before);
      tellError(t, error);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.notifications }),
  });
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const remove = (item: Notification) => {
    leaving.add(item.id);
    leave(item.id);
    redraw();
    const back = () => {
      leaving.delete(item.id);
      settleLeaving(item.id);
      redraw();
    };
    tellUndoable(t, t.notifications.deleted, back, () => {
      // The page may have come back, as it was, from where one goes back to.
      if (sent.has(item.id)) void queryClient.invalidateQueries({ queryKey: keys.notifications }).then(back);
      else act.mutate({ kind: 'delete', item }, { onSettled: back });
    });
  };
  const follow = (item: Notification, event: MouseEvent) => {
    if (!item.read_at) act.mutate({ kind: 'read', item });
    // Another tab or window is the browser's to open.
    if (!item.link?.startsWith('/app/') || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.history.push(item.link);
  };
  // The newest are kept for the whole page; what lies behind them comes when it is asked for.
  const [more, setMore] = useState(false);
  const next = data?.next_cursor;
  const older = useInfiniteQuery({
    queryKey: [...keys.notifications, 'older', next],
    queryFn: ({ pageParam, signal }) => body(api.GET('/notifications', { params: { query: { limit: 100, cursor: pageParam } }, signal })),
    initialPageParam: next ?? undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled: more && Boolean(next),
  });
  const items = [...(data?.items ?? []), ...(older.data?.pages.flatMap((page) => page.items) ?? [])].filter((item) => !leaving.has(item.id));
  return (
    <>
      <ViewHead title={t.nav.notifications} note={data?.unread_count ? t.notifications.unread(data.unread_count) : undefined}>
        {(data?.unread_count ?? 0) > 0 && (
          <Button size="compact-sm" variant="subtle" onClick={() => act.mutate({ kind: 'read-all' })}>
            {t.notifications.markAll}
          </Button>
        )}
      </ViewHead>
      {isPending ? (
        <ListSkeleton />
      ) : !data ? (
        <Failed error={error} again={refetch} />
      ) : items.length === 0 ? (
        <Empty title={t.empty.notifications} hint={t.empty.notificationsHint} />
      ) : (
        <ul className="plain" aria-label={t.nav.notifications}>
          {items.map((item) => (
            <li key={item.id} className="plain-row" data-unread={!item.read_at || undefined}>
              <div className="row-text">
                <span className="row-title">
                  {!item.read_at && <span className="visually-hidden">{t.notifications.isNew}: </span>}
                  <bdi>{item.title}</bdi>
                </span>
                {item.body && <span className="row-body">{item.body}</span>}
                <span className="row-meta">
                  {formatInstant(item.created_at, place.locale, place.zone)}
                  {item.link && (
                    <Anchor
                      size="xs"
                      href={item.link}
                      underline="always"
                      {...(item.link.startsWith('/') ? {} : { target: '_blank', rel: 'noopener noreferrer' })}
                      onClick={(event) => follow(item, event)}
                    >
                      {t.notifications.open}
                    </Anchor>
                  )}
                </span>
              </div>
              {!item.read_at && (
                <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`${t.notifications.markRead}: ${item.title}`} onClick={() => act.mutate({ kind: 'read', item })}>
                  <IconCheck size={18} />
                </ActionIcon>
              )}
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`${t.remove}: ${item.title}`} onClick={() => remove(item)}>
                <IconX size={18} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      {more && <FailedPart asked={older} />}
      {(more ? older.hasNextPage : next) && (
        <Button variant="default" mt="md" loading={older.isFetching} onClick={() => (more ? void older.fetchNextPage() : setMore(true))}>
          {t.search.more}
        </Button>
      )}
    </>
  );
}
