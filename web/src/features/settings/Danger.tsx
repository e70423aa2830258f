import { Button, Group, Modal, PasswordInput, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { usePlace } from '../../app/locale';
import { tell } from '../../app/toast';
import { api, body } from '../../api/client';
import { reasonOf } from '../../api/problem';
import { signOut } from '../../api/session';
import { useT } from '../../i18n';
import { formatInstant } from '../tasks/due';
import { Section } from './Section';

export function Danger() {
  const t = useT();
  const place = usePlace();
  const [asking, setAsking] = useState(false);
  const [password, setPassword] = useState('');
  const erase = useMutation({
    mutationFn: () => body(api.DELETE('/profile', { body: { password } })),
    onSuccess: async ({ erased_after }) => {
      tell(t.settings.dangerDone(formatInstant(erased_after, place.locale, place.zone)));
      await signOut();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    erase.mutate();
  };
  return (
    <Section title={t.settings.danger} hint={t.settings.dangerHint}>
      <Group>
        <Button color="red" variant="light" onClick={() => setAsking(true)}>
          {t.settings.dangerDo}
        </Button>
      </Group>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t.settings.danger}>
        <form onSubmit={submit}>
          <Text size="sm" mb="md">
            {t.settings.dangerAsk}
          </Text>
          <PasswordInput data-autofocus label={t.auth.password} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={erase.error && reasonOf(t, erase.error)} />
          <Group justify="flex-end" mt="lg">
            <Button variant="default" onClick={() => setAsking(false)}>
              {t.cancel}
            </Button>
            <Button type="submit" color="red" loading={erase.isPending} disabled={!password}>
              {t.settings.dangerDo}
            </Button>
          </Group>
        </form>
      </Modal>
    </Section>
  );
}
