import { Button, Select } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { FailedPart } from '../../app/Failed';
import { tell, tellError } from '../../app/toast';
import { useConfirm } from '../../app/useConfirm';
import { api, body } from '../../api/client';
import type { User } from '../../api/types';
import { useT } from '../../i18n';
import { useUser } from '../../store/hooks';

const usersKey = ['users'];

export function Users() {
  const t = useT();
  const me = useUser();
  const client = useQueryClient();
  const [dialog, confirm] = useConfirm();
  const users = useInfiniteQuery({
    queryKey: usersKey,
    queryFn: ({ pageParam }) => body(api.GET('/users', { params: { query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const change = useMutation({
    mutationFn: ({ id, ...fields }: { id: string; role?: User['role']; status?: 'active' | 'disabled' }) =>
      body(api.PATCH('/users/{id}', { params: { path: { id } }, body: fields })),
    onSuccess: () => tell(t.settings.saved),
    onError: (error) => tellError(t, error),
    onSettled: () => client.invalidateQueries({ queryKey: usersKey }),
  });
  return (
    <>
      {dialog}
      <FailedPart asked={users} />
      <ul className="plain" aria-label={t.admin.users}>
        {users.data?.pages
          .flatMap((page) => page.items)
          .map((user) => (
            <li key={user.id} className="plain-row">
              <div className="row-text">
                <span className="row-title">{user.name ?? user.email}</span>
                <span className="row-meta">
                  {user.name && `${user.email} · `}
                  {t.admin.statuses[user.status]}
                </span>
              </div>
              <div className="row-acts">
                <Select
                  w={150}
                  aria-label={t.admin.roleOf(user.email)}
                  allowDeselect={false}
                  disabled={user.id === me.id}
                  data={(['member', 'administrator'] as const).map((value) => ({ value, label: t.admin.roles[value] }))}
                  value={user.role}
                  onChange={(role) => role && change.mutate({ id: user.id, role: role as User['role'] })}
                />
                {user.id !== me.id && user.status !== 'closing' && (
                  <Button
                    size="compact-sm"
                    variant="light"
                    color={user.status === 'active' ? 'red' : undefined}
                    aria-label={user.status === 'active' ? t.admin.disableOf(user.email) : t.admin.enableOf(user.email)}
                    onClick={() => {
                      if (user.status !== 'active') change.mutate({ id: user.id, status: 'active' });
                      else confirm({ act: t.admin.disable, text: t.admin.disableAsk(user.email), run: () => change.mutate({ id: user.id, status: 'disabled' }) });
                    }}
                  >
                    {user.status === 'active' ? t.admin.disable : t.admin.enable}
                  </Button>
                )}
              </div>
            </li>
          ))}
      </ul>
      {users.hasNextPage && (
        <Button variant="default" onClick={() => void users.fetchNextPage()}>
          {t.search.more}
        </Button>
      )}
    </>
  );
}
