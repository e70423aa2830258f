import { Button, Group, Modal, PasswordInput, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { usePlace } from '../../app/locale';
import { tell } from '../../app/toast';
import { useUnsent } from '../../app/useUnsent';
import { api, body } from '../../api/client';
import { reasonOf } from '../../api/problem';
import { signOut } from '../../api/session';
import { useT } from '../../i18n';
import { formatInstant } from '../tasks/due';
import { Section } from './Section';

export function Danger() {
  const t = useT();
  const [asking, setAsking] = useState(false);
  const close = () => setAsking(false);
  return (
    <Section title={t.settings.danger} hint={t.settings.dangerHint}>
      <Group>
        <Button color="red" variant="light" onClick={() => setAsking(true)}>
          {t.settings.dangerDo}
        </Button>
      </Group>
      <Modal opened={asking} onClose={close} title={t.settings.danger}>
        <Question onClose={close} />
      </Modal>
    </Section>
  );
}

/** Sends first what is unsent, for who comes back wants it too; says so if that cannot be. */
function Question({ onClose }: { onClose: () => void }) {
  const t = useT();
  const place = usePlace();
  const { unsent, complete, stuck } = useUnsent();
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
    <form onSubmit={submit}>
      <Text size="sm" mb="md">
        {t.settings.dangerAsk}
      </Text>
      <PasswordInput data-autofocus label={t.auth.password} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} error={erase.error && reasonOf(t, erase.error)} />
      <Text size="sm" mt="md" role="status">
        {unsent > 0 && (stuck ? t.settings.dangerUnsent(unsent) : t.auth.sending(unsent))}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {t.cancel}
        </Button>
        <Button type="submit" color="red" loading={erase.isPending} disabled={!password || !complete || (unsent > 0 && !stuck)}>
          {t.settings.dangerDo}
        </Button>
      </Group>
    </form>
  );
}
