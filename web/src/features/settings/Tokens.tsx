import { Alert, Button, Checkbox, Group, NumberInput, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tellError, tellUnplaced } from '../../app/toast';
import { useConfirm } from '../../app/useConfirm';
import { all, api, body } from '../../api/client';
import { faultOf } from '../../api/problem';
import type { Scope } from '../../api/types';
import { useT } from '../../i18n';
import { useUser } from '../../store/hooks';
import { formatInstant } from '../tasks/due';
import { Secret } from './Secret';
import { Section } from './Section';

const tokensKey = ['tokens'];
const scopes: Scope[] = ['tasks:read', 'tasks:write', 'profile:read', 'profile:write', 'notifications:read', 'notifications:write'];

export function Tokens() {
  const t = useT();
  const place = usePlace();
  const user = useUser();
  const client = useQueryClient();
  const offered: Scope[] = user.role === 'administrator' ? [...scopes, 'notify:send'] : scopes;
  const [dialog, confirm] = useConfirm();
  const [name, setName] = useState('');
  const [wanted, setWanted] = useState<string[]>(['tasks:read']);
  const [days, setDays] = useState<number | string>(90);
  const asked = useQuery({
    queryKey: tokensKey,
    queryFn: () => all((cursor) => body(api.GET('/tokens', { params: { query: { limit: 100, cursor } } }))),
  });
  const again = () => client.invalidateQueries({ queryKey: tokensKey });
  const create = useMutation({
    mutationFn: () => body(api.POST('/tokens', { body: { name: name.trim(), scopes: wanted as Scope[], expires_in_days: Number(days) } })),
    onSuccess: () => setName(''),
    onError: (error) => tellUnplaced(t, error),
    onSettled: again,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => body(api.DELETE('/tokens/{id}', { params: { path: { id } } })),
    onError: (error) => tellError(t, error),
    onSettled: again,
  });
  const fault = (member: string) => faultOf(t, create.error, member);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Section title={t.settings.tokens} hint={t.settings.tokensHint}>
      {dialog}
      {create.data && (
        <Alert role="status" title={t.settings.tokenMade}>
          <Secret value={create.data.token} />
        </Alert>
      )}
      <ul className="plain" aria-label={t.settings.tokens}>
        {(asked.data ?? []).map((token) => (
          <li key={token.id} className="plain-row">
            <div className="row-text">
              <span className="row-title">{token.name}</span>
              <span className="row-meta">
                {token.scopes.join(', ')} · {t.settings.expires(formatInstant(token.expires_at, place.locale, place.zone))}
              </span>
            </div>
            <Button size="compact-sm" variant="light" color="red" aria-label={t.settings.revokeOf(token.name)} onClick={() => confirm({ act: t.settings.revoke, text: t.settings.revokeAsk(token.name), run: () => revoke.mutate(token.id) })}>
              {t.settings.revoke}
            </Button>
          </li>
        ))}
      </ul>
      <FailedPart asked={asked} />
      {asked.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.settings.noTokens}
        </Text>
      )}
      <form onSubmit={submit} className="stack">
        <TextInput label={t.settings.tokenName} maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={fault('name')} />
        <Checkbox.Group label={t.settings.scopes} value={wanted} onChange={setWanted} error={fault('scopes')}>
          <Group mt={6} gap="md">
            {offered.map((scope) => (
              <Checkbox key={scope} value={scope} label={scope} />
            ))}
          </Group>
        </Checkbox.Group>
        <NumberInput label={t.settings.days} min={1} max={366} value={days} onChange={setDays} error={fault('expires_in_days')} />
        <Group>
          <Button type="submit" loading={create.isPending} disabled={!name.trim() || wanted.length === 0 || !days}>
            {t.settings.createToken}
          </Button>
        </Group>
      </form>
    </Section>
  );
}
