import { Checkbox, Group, MultiSelect, Select, Skeleton, Switch, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { FailedPart } from '../../app/Failed';
import { usePlace } from '../../app/locale';
import { tellError } from '../../app/toast';
import { api, body } from '../../api/client';
import { useCanMail } from '../../api/installation';
import type { Preferences as Chosen, PreferencesChange } from '../../api/types';
import { useT } from '../../i18n';
import { useProjects } from '../../store/hooks';
import { queryClient } from '../../store/server';
import { addDays, formatDay, weekOf } from '../tasks/due';
import { Section } from './Section';

const key = ['preferences'];
/** What can happen to tasks that nobody shares; the contract keeps other kinds for those that are. */
const kinds = ['reminder', 'due_soon', 'task_changed', 'digest', 'security', 'announcement'] as const;
const allChannels = ['inbox', 'email', 'webhook'] as const;
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const usualQuiet = { from: '22:00', to: '07:00' };

/** As the service merges: members left out stay, at every depth. (No change here takes one back to its default.) */
function merged(chosen: Chosen, change: PreferencesChange): Chosen {
  const next = structuredClone(chosen);
  for (const kind of kinds) Object.assign(next.channels[kind], change.channels?.[kind]);
  Object.assign(next.digest, change.digest);
  if (change.quiet_hours !== undefined) next.quiet_hours = change.quiet_hours;
  if (change.muted_projects) next.muted_projects = change.muted_projects;
  return next;
}

export function Preferences() {
  const t = useT();
  const asked = useQuery({ queryKey: key, queryFn: () => body(api.GET('/notifications/preferences', {})) });
  const { data } = asked;
  const save = useMutation({
    mutationKey: key,
    mutationFn: (change: PreferencesChange) => body(api.PATCH('/notifications/preferences', { body: change })),
    onMutate: (change) => {
      void queryClient.cancelQueries({ queryKey: key });
      const before = queryClient.getQueryData<Chosen>(key);
      if (before) queryClient.setQueryData<Chosen>(key, merged(before, change));
    },
    onError: (error) => tellError(t, error),
    // The last of several changes in flight brings what the service made of them all.
    onSettled: () => (queryClient.isMutating({ mutationKey: key }) === 1 ? queryClient.invalidateQueries({ queryKey: key }) : undefined),
  });
  if (!data) return asked.isError ? <FailedPart asked={asked} /> : <Skeleton h={320} radius="lg" />;
  return (
    <>
      <Channels chosen={data} onChange={save.mutate} />
      <QuietHours chosen={data} onChange={save.mutate} />
      <DigestTimes chosen={data} onChange={save.mutate} />
      <Muted chosen={data} onChange={save.mutate} />
    </>
  );
}

interface Part {
  chosen: Chosen;
  onChange: (change: PreferencesChange) => void;
}

function Channels({ chosen, onChange }: Part) {
  const t = useT();
  const p = t.preferences;
  const canMail = useCanMail();
  const channels = allChannels.filter((channel) => channel !== 'email' || canMail !== false);
  return (
    <Section title={p.through} hint={p.throughHint}>
      <Table className="channels" verticalSpacing="sm" horizontalSpacing={0}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{p.what}</Table.Th>
            {channels.map((channel) => (
              <Table.Th key={channel} className="channel">
                {p.channels[channel]}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {kinds.map((kind) => (
            <Table.Tr key={kind}>
              <Table.Th scope="row">
                {p.kinds[kind]}
                <Text size="sm" c="dimmed">
                  {p.kindHints[kind]}
                </Text>
              </Table.Th>
              {channels.map((channel) => (
                <Table.Td key={channel} className="channel">
                  <Checkbox
                    aria-label={`${p.kinds[kind]}: ${p.channels[channel]}`}
                    checked={chosen.channels[kind][channel]}
                    disabled={kind === 'security' && channel === 'inbox'}
                    onChange={(event) => onChange({ channels: { [kind]: { [channel]: event.currentTarget.checked } } })}
                  />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function TimeField({ label, value, onChange }: { label: string; value: string; onChange: (time: string) => void }) {
  return (
    <TextInput
      key={value}
      type="time"
      label={label}
      defaultValue={value}
      w={130}
      onBlur={(event) => {
        const time = event.currentTarget.value;
        if (time && time !== value) onChange(time);
      }}
    />
  );
}

function QuietHours({ chosen, onChange }: Part) {
  const t = useT();
  const hours = chosen.quiet_hours;
  return (
    <Section title={t.preferences.quiet} hint={t.preferences.quietHint}>
      <Switch label={t.preferences.quietOn} checked={hours !== null} onChange={(event) => onChange({ quiet_hours: event.currentTarget.checked ? usualQuiet : null })} />
      {hours && (
        <Group>
          <TimeField label={t.preferences.from} value={hours.from} onChange={(from) => onChange({ quiet_hours: { ...hours, from } })} />
          <TimeField label={t.preferences.to} value={hours.to} onChange={(to) => onChange({ quiet_hours: { ...hours, to } })} />
        </Group>
      )}
    </Section>
  );
}

function DigestTimes({ chosen, onChange }: Part) {
  const t = useT();
  const place = usePlace();
  const { daily, weekly, weekday, time } = chosen.digest;
  const monday = weekOf(place.today, 1);
  const days = weekdays.map((value, index) => ({ value, label: formatDay(addDays(monday, index), place.locale, { weekday: 'long' }) }));
  return (
    <Section title={t.preferences.kinds.digest} hint={t.preferences.kindHints.digest}>
      <Switch label={t.preferences.daily} checked={daily} onChange={(event) => onChange({ digest: { daily: event.currentTarget.checked } })} />
      <Switch label={t.preferences.weekly} checked={weekly} onChange={(event) => onChange({ digest: { weekly: event.currentTarget.checked } })} />
      {(daily || weekly) && (
        <Group>
          <TimeField label={t.preferences.at} value={time} onChange={(at) => onChange({ digest: { time: at } })} />
          {weekly && <Select label={t.preferences.weekday} allowDeselect={false} data={days} value={weekday} onChange={(day) => day && onChange({ digest: { weekday: day as Chosen['digest']['weekday'] } })} />}
        </Group>
      )}
    </Section>
  );
}

function Muted({ chosen, onChange }: Part) {
  const t = useT();
  const projects = [...useProjects().values()];
  return (
    <Section title={t.preferences.muted} hint={t.preferences.mutedHint}>
      <MultiSelect
        aria-label={t.preferences.muted}
        maw={460}
        placeholder={chosen.muted_projects.length === 0 ? t.preferences.noMuted : undefined}
        maxValues={200}
        searchable
        data={projects.map((project) => ({ value: project.id, label: project.is_inbox ? t.nav.inbox : project.name }))}
        value={chosen.muted_projects}
        onChange={(muted_projects) => onChange({ muted_projects })}
      />
    </Section>
  );
}
