import { Button, Group, Text, Textarea, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tellError, tellUnplaced } from '../../app/toast';
import { useConfirm } from '../../app/useConfirm';
import { api, body } from '../../api/client';
import { faultOf } from '../../api/problem';
import type { Announcement } from '../../api/types';
import { useT } from '../../i18n';
import { queryClient } from '../../store/server';
import { formatInstant } from '../tasks/due';

const key = ['announcements'];
const again = () => queryClient.invalidateQueries({ queryKey: key });
const lookAgain = 2_000;

export function Announcements() {
  const t = useT();
  const place = usePlace();
  const [dialog, confirm] = useConfirm();
  const [title, setTitle] = useState('');
  const [text, setText] = useState('');
  const [link, setLink] = useState('');
  const announcements = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => body(api.GET('/announcements', { params: { query: { limit: 20, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // They are told in the background.
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some((each) => each.status === 'sending')) ? lookAgain : false),
  });
  const announce = useMutation({
    mutationFn: () => body(api.POST('/announcements', { body: { title: title.trim(), body: text.trim() || null, link: link.trim() || null } })),
    onSuccess: () => {
      setTitle('');
      setText('');
      setLink('');
    },
    onError: (error) => tellUnplaced(t, error),
    onSettled: again,
  });
  const stop = useMutation({
    mutationFn: (id: string) => body(api.POST('/announcements/{id}/cancel', { params: { path: { id } } })),
    onError: (error) => tellError(t, error),
    onSettled: again,
  });
  const fault = (member: string) => faultOf(t, announce.error, member);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm({ act: t.admin.announce, text: t.admin.announceAsk(title.trim()), run: announce.mutate });
  };
  const items: Announcement[] = announcements.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {dialog}
      <form onSubmit={submit} className="stack">
        <TextInput label={t.admin.announceTitle} maxLength={200} value={title} onChange={(event) => setTitle(event.currentTarget.value)} error={fault('title')} />
        <Textarea label={t.admin.announceBody} autosize minRows={2} maxRows={10} maxLength={8192} value={text} onChange={(event) => setText(event.currentTarget.value)} error={fault('body')} />
        <TextInput label={t.admin.announceLink} maxLength={2000} value={link} onChange={(event) => setLink(event.currentTarget.value)} error={fault('link')} />
        <Group>
          <Button type="submit" loading={announce.isPending} disabled={!title.trim()}>
            {t.admin.announce}
          </Button>
        </Group>
      </form>
      <ul className="plain" aria-label={t.admin.announcements}>
        {items.map((each) => (
          <li key={each.id} className="plain-row">
            <div className="row-text">
              <span className="row-title">{each.title}</span>
              {each.body && <span className="row-body">{each.body}</span>}
              <span className="row-meta">
                {formatInstant(each.created_at, place.locale, place.zone)} · {t.admin.announcementStatuses[each.status]} · {t.admin.announced(each.told)}
              </span>
            </div>
            {each.status === 'sending' && (
              <Button size="compact-sm" variant="light" color="red" aria-label={t.admin.stopOf(each.title)} onClick={() => stop.mutate(each.id)}>
                {t.admin.stop}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <FailedPart asked={announcements} />
      {items.length === 0 && announcements.data && (
        <Text size="sm" c="dimmed">
          {t.admin.noAnnouncements}
        </Text>
      )}
      {announcements.hasNextPage && (
        <Button variant="default" onClick={() => void announcements.fetchNextPage()}>
          {t.search.more}
        </Button>
      )}
    </>
  );
}
