import { ActionIcon, Alert, Button, Group, Menu, Select, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState, type FormEvent } from 'react';
import { IconDots } from '../../app/icons';
import { FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tell, tellError, tellUnplaced } from '../../app/toast';
import { useConfirm } from '../../app/useConfirm';
import { all, api, body } from '../../api/client';
import { faultOf } from '../../api/problem';
import type { Webhook, WebhookFormat } from '../../api/types';
import { useT } from '../../i18n';
import { queryClient } from '../../store/server';
import { formatInstant } from '../tasks/due';
import { Secret } from './Secret';
import { Section } from './Section';

const Deliveries = lazy(() => import('./Deliveries'));

const key = ['webhooks'];
const families = ['notification.*', 'task.*', 'project.*', '*'] as const;
const formats: WebhookFormat[] = ['standard', 'slack', 'discord', 'ntfy'];
const again = () => queryClient.invalidateQueries({ queryKey: key });

export function Webhooks() {
  const t = useT();
  const [secret, setSecret] = useState<string | null>(null);
  const asked = useQuery({
    queryKey: key,
    queryFn: () => all((cursor) => body(api.GET('/webhooks', { params: { query: { limit: 100, cursor } } }))),
  });
  return (
    <Section title={t.settings.webhooks} hint={t.webhooks.hint}>
      {secret && (
        <Alert role="status" title={t.webhooks.secret}>
          <Secret value={secret} />
        </Alert>
      )}
      <ul className="plain" aria-label={t.settings.webhooks}>
        {(asked.data ?? []).map((webhook) => (
          <Line key={webhook.id} webhook={webhook} onSecret={setSecret} />
        ))}
      </ul>
      <FailedPart asked={asked} />
      {asked.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.webhooks.none}
        </Text>
      )}
      <Creation onSecret={setSecret} />
    </Section>
  );
}

function Line({ webhook, onSecret }: { webhook: Webhook; onSecret: (secret: string | null) => void }) {
  const t = useT();
  const w = t.webhooks;
  const place = usePlace();
  const [dialog, confirm] = useConfirm();
  const [log, setLog] = useState(false);
  const name = webhook.name ?? webhook.url;
  const onError = (error: unknown) => tellError(t, error);
  const params = { path: { id: webhook.id } };
  const test = useMutation({
    mutationFn: () => body(api.POST('/webhooks/{id}/test', { params })),
    onSuccess: ({ delivered, response, duration_ms, error }) => {
      if (delivered) tell(w.arrived(response?.status ?? 0, duration_ms));
      else tellError(t, w.notArrived(error ?? String(response?.status ?? '')));
    },
    onError,
  });
  const enable = useMutation({ mutationFn: (enabled: boolean) => body(api.PATCH('/webhooks/{id}', { params, body: { enabled } })), onError, onSettled: again });
  const remove = useMutation({ mutationFn: () => body(api.DELETE('/webhooks/{id}', { params })), onError, onSettled: again });
  const rotate = useMutation({ mutationFn: () => body(api.POST('/webhooks/{id}/rotate-secret', { params })), onSuccess: (made) => onSecret(made.secret), onError, onSettled: again });
  const state = webhook.paused_because
    ? w.paused[webhook.paused_because]
    : webhook.failing_since
      ? w.failing(formatInstant(webhook.failing_since, place.locale, place.zone))
      : w.active;
  return (
    <li className="plain-row">
      {dialog}
      {log && (
        <Suspense fallback={null}>
          <Deliveries webhook={webhook} onClose={() => setLog(false)} />
        </Suspense>
      )}
      <div className="row-text">
        <span className="row-title">{name}</span>
        <span className="row-meta">
          {state} · {webhook.events.join(', ')}
          {webhook.name && ` · ${webhook.url}`}
        </span>
      </div>
      <Button size="compact-sm" variant="light" loading={test.isPending} aria-label={`${w.test}: ${name}`} onClick={() => test.mutate()}>
        {w.test}
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={w.options(name)}>
            <IconDots size={19} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => enable.mutate(!webhook.enabled)}>{webhook.enabled ? w.pause : w.resume}</Menu.Item>
          <Menu.Item onClick={() => setLog(true)}>{w.deliveries}</Menu.Item>
          <Menu.Item onClick={() => confirm({ act: w.rotate, text: w.rotateAsk, run: rotate.mutate })}>{w.rotate}</Menu.Item>
          <Menu.Item color="var(--late)" onClick={() => confirm({ act: t.remove, text: w.removeAsk(name), run: remove.mutate })}>
            {t.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

function Creation({ onSecret }: { onSecret: (secret: string | null) => void }) {
  const t = useT();
  const w = t.webhooks;
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [format, setFormat] = useState<WebhookFormat>('standard');
  const [family, setFamily] = useState<(typeof families)[number]>('notification.*');
  const create = useMutation({
    mutationFn: () => body(api.POST('/webhooks', { body: { url: url.trim(), name: name.trim() || null, format, events: [family], enabled: true } })),
    onSuccess: (made) => {
      // A chat knows nothing of signatures.
      onSecret(made.format === 'standard' ? made.secret : null);
      setUrl('');
      setName('');
    },
    onError: (error) => tellUnplaced(t, error),
    onSettled: again,
  });
  const fault = (member: string) => faultOf(t, create.error, member);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit} className="stack" noValidate>
      <TextInput label={w.url} type="url" placeholder="https://" maxLength={2000} value={url} onChange={(event) => setUrl(event.currentTarget.value)} error={fault('url')} />
      <TextInput label={w.name} maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} error={fault('name')} />
      <Group grow align="flex-start">
        <Select label={w.events} allowDeselect={false} data={families.map((value) => ({ value, label: w.families[value] }))} value={family} onChange={(value) => value && setFamily(value as typeof family)} />
        <Select label={w.format} allowDeselect={false} data={formats.map((value) => ({ value, label: w.formats[value] }))} value={format} onChange={(value) => value && setFormat(value as WebhookFormat)} />
      </Group>
      <Group>
        <Button type="submit" loading={create.isPending} disabled={!url.trim()}>
          {w.create}
        </Button>
      </Group>
    </form>
  );
}
