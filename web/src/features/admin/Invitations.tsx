import { Alert, Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tellError, tellUnplaced } from '../../app/toast';
import { useConfirm } from '../../app/useConfirm';
import { all, api, body } from '../../api/client';
import { faultOf } from '../../api/problem';
import { useT } from '../../i18n';
import { Secret } from '../settings/Secret';
import { formatInstant } from '../tasks/due';

const invitationsKey = ['invitations'];

export function Invitations() {
  const t = useT();
  const place = usePlace();
  const client = useQueryClient();
  const [dialog, confirm] = useConfirm();
  const [email, setEmail] = useState('');
  const asked = useQuery({
    queryKey: invitationsKey,
    queryFn: () => all((cursor) => body(api.GET('/invitations', { params: { query: { limit: 100, cursor } } }))),
  });
  const again = () => client.invalidateQueries({ queryKey: invitationsKey });
  const invite = useMutation({
    mutationFn: () => body(api.POST('/invitations', { body: { email: email.trim() || null } })),
    onSuccess: () => setEmail(''),
    onError: (error) => tellUnplaced(t, error),
    onSettled: again,
  });
  const withdraw = useMutation({
    mutationFn: (id: string) => body(api.DELETE('/invitations/{id}', { params: { path: { id } } })),
    onError: (error) => tellError(t, error),
    onSettled: again,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate();
  };
  return (
    <>
      {dialog}
      <form onSubmit={submit} noValidate>
        <Group align="flex-end">
          <TextInput label={t.admin.inviteEmail} type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} error={faultOf(t, invite.error, 'email')} />
          <Button type="submit" loading={invite.isPending}>
            {t.admin.invite}
          </Button>
        </Group>
      </form>
      {invite.data && (
        <Alert role="status" title={t.admin.invited}>
          <Secret value={`${location.origin}/app/sign-up#invitation=${encodeURIComponent(invite.data.token)}`} />
        </Alert>
      )}
      <ul className="plain" aria-label={t.admin.invitations}>
        {(asked.data ?? []).map((invitation) => (
          <li key={invitation.id} className="plain-row">
            <div className="row-text">
              <span className="row-title">{invitation.email ?? t.admin.anyone}</span>
              <span className="row-meta">{t.settings.expires(formatInstant(invitation.expires_at, place.locale, place.zone))}</span>
            </div>
            <Button
              size="compact-sm"
              variant="light"
              color="red"
              aria-label={t.admin.withdrawOf(invitation.email ?? t.admin.anyone)}
              onClick={() =>
                confirm({ act: t.admin.withdraw, text: t.admin.withdrawAsk(invitation.email ?? t.admin.anyone), run: () => withdraw.mutate(invitation.id) })
              }
            >
              {t.admin.withdraw}
            </Button>
          </li>
        ))}
      </ul>
      <FailedPart asked={asked} />
      {asked.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.admin.noInvitations}
        </Text>
      )}
    </>
  );
}
