import { Alert, Button, Group, Select, TextInput, type OptionsFilter } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState, type FormEvent } from 'react';
import { tell, tellError } from '../../app/toast';
import { api, body } from '../../api/client';
import { useCanMail } from '../../api/installation';
import { faultOf } from '../../api/problem';
import { updateUser } from '../../api/session';
import { useT } from '../../i18n';
import { useUser } from '../../store/hooks';
import { Section } from './Section';

/** Names of today that browsers list under older ones. */
const known: Record<string, string> = {
  'Africa/Asmera': 'Asmara',
  'America/Buenos_Aires': 'Argentina',
  'America/Godthab': 'Nuuk',
  'America/Indianapolis': 'Indiana',
  'Asia/Calcutta': 'Kolkata India Mumbai Delhi',
  'Asia/Katmandu': 'Kathmandu',
  'Asia/Rangoon': 'Yangon',
  'Asia/Saigon': 'Ho Chi Minh',
  'Asia/Shanghai': 'Beijing',
  'Atlantic/Faeroe': 'Faroe',
  'Europe/Kiev': 'Kyiv',
  'Pacific/Ponape': 'Pohnpei',
  'Pacific/Truk': 'Chuuk',
};
const lower = (text: string) => text.toLowerCase().replace(/_/g, ' ');

/** Every word that was typed occurs somewhere in the zone's names. */
const matching: OptionsFilter = ({ options, search, limit }) => {
  const words = lower(search).split(' ');
  const fits = (zone: string) => words.every((word) => lower(`${zone} ${known[zone] ?? ''}`).includes(word));
  return options.filter((option) => 'value' in option && fits(option.value)).slice(0, limit);
};

export function Profile() {
  const t = useT();
  const user = useUser();
  const canMail = useCanMail();
  const [name, setName] = useState(user.name ?? '');
  const [timezone, setTimezone] = useState(user.timezone);
  const zones = useMemo(() => [...new Set([user.timezone, 'UTC', ...Intl.supportedValuesOf('timeZone')])], [user.timezone]);
  const save = useMutation({
    mutationFn: () => body(api.PATCH('/profile', { body: { name: name.trim() || null, timezone } })),
    onSuccess: (saved) => {
      updateUser(saved);
      tell(t.settings.saved);
    },
    onError: (error) => tellError(t, error),
  });
  const verify = useMutation({
    mutationFn: () => body(api.POST('/email/verify-request', {})),
    onSuccess: () => tell(t.settings.verifySent),
    onError: (error) => tellError(t, error),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Section title={t.settings.profile}>
      {!user.email_verified && canMail && (
        <Alert variant="light">
          <Group justify="space-between">
            {t.settings.notVerified}
            <Button size="compact-sm" loading={verify.isPending} onClick={() => verify.mutate()}>
              {t.settings.verify}
            </Button>
          </Group>
        </Alert>
      )}
      <form onSubmit={submit} className="stack">
        <TextInput label={t.auth.email} value={user.email} readOnly />
        <TextInput label={t.auth.name} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} error={faultOf(t, save.error, 'name')} />
        <Select label={t.settings.zone} data={zones} value={timezone} searchable limit={40} filter={matching} nothingFoundMessage={t.palette.nothing} allowDeselect={false} onChange={(value) => value && setTimezone(value)} />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t.save}
          </Button>
        </Group>
      </form>
    </Section>
  );
}
