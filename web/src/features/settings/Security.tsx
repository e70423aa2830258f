import { Button, Group, PasswordInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tell, tellError, tellUnplaced } from '../../app/toast';
import { all, api, body } from '../../api/client';
import { faultOf } from '../../api/problem';
import { useT } from '../../i18n';
import { useUser } from '../../store/hooks';
import { formatInstant } from '../tasks/due';
import { deviceOf } from './device';
import { Section } from './Section';

const sessionsKey = ['sessions'];

export function Security() {
  const t = useT();
  return (
    <Section title={t.settings.security}>
      <PasswordForm />
      <Title order={3} size="h2" mt="md">
        {t.settings.sessions}
      </Title>
      <Sessions />
    </Section>
  );
}

function PasswordForm() {
  const t = useT();
  const user = useUser();
  const client = useQueryClient();
  const [current, setCurrent] = useState('');
  const [wanted, setWanted] = useState('');
  const change = useMutation({
    mutationFn: () => body(api.PUT('/profile/password', { body: { current_password: current, new_password: wanted } })),
    onSuccess: () => {
      setCurrent('');
      setWanted('');
      tell(t.settings.passwordChanged);
      void client.invalidateQueries({ queryKey: sessionsKey });
    },
    onError: (error) => tellUnplaced(t, error),
  });
  const fault = (member: string) => faultOf(t, change.error, member);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={submit} className="stack">
      <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
      <PasswordInput label={t.settings.currentPassword} autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.currentTarget.value)} error={fault('current_password')} />
      <PasswordInput label={t.auth.newPassword} description={t.auth.passwordHint} autoComplete="new-password" value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} error={fault('new_password')} />
      <Group>
        <Button type="submit" loading={change.isPending} disabled={!current || !wanted}>
          {t.settings.changePassword}
        </Button>
      </Group>
    </form>
  );
}

function Sessions() {
  const t = useT();
  const place = usePlace();
  const client = useQueryClient();
  const asked = useQuery({
    queryKey: sessionsKey,
    queryFn: () => all((cursor) => body(api.GET('/sessions', { params: { query: { limit: 100, cursor } } }))),
  });
  const end = useMutation({
    mutationFn: (id: string) => body(api.DELETE('/sessions/{id}', { params: { path: { id } } })),
    onError: (error) => tellError(t, error),
    onSettled: () => client.invalidateQueries({ queryKey: sessionsKey }),
  });
  return (
    <>
      <FailedPart asked={asked} />
      <ul className="plain" aria-label={t.settings.sessions}>
        {(asked.data ?? []).map((session) => {
          const device = deviceOf(session.user_agent) ?? t.settings.unknownDevice;
          return (
            <li key={session.id} className="plain-row">
              <div className="row-text">
                <span className="row-title">{device}</span>
                <span className="row-meta">
                  {session.current ? t.settings.thisSession : t.settings.lastUsed(formatInstant(session.last_used_at, place.locale, place.zone))}
                  {session.address && ` · ${session.address}`}
                </span>
              </div>
              {!session.current && (
                <Button size="compact-sm" variant="light" color="red" aria-label={t.settings.endSessionOf(device)} onClick={() => end.mutate(session.id)}>
                  {t.settings.endSession}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
