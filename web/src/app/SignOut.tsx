import { Button, Group, Modal, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { signOut } from '../api/session';
import { useT } from '../i18n';
import { useEdits, useOnline, useUser } from '../store/hooks';
import { load } from '../store/outbox';
import { setUi } from './ui';

/** Without a change sent for so long the rest may never be. */
const patience = 4_000;

const close = () => setUi({ leaving: false });

function out() {
  close();
  void signOut();
}

/** Signs out once all is sent, also what other tabs left; asks before anything is lost. */
export default function SignOut() {
  const t = useT();
  const { id } = useUser();
  const unsent = useEdits().length;
  const [complete, setComplete] = useState(false);
  const [stuck, setStuck] = useState(false);
  const online = useOnline();
  // A session that ends meanwhile takes the wish with it.
  useEffect(() => close, []);
  useEffect(() => void load(id).then(() => setComplete(true)), [id]);
  useEffect(() => {
    if (complete && unsent === 0) out();
  }, [complete, unsent]);
  useEffect(() => {
    setStuck(false);
    const timer = setTimeout(() => setStuck(true), patience);
    return () => clearTimeout(timer);
  }, [unsent]);
  const asking = stuck || !online;
  return (
    <Modal opened={unsent > 0} onClose={close} title={t.auth.signOut} transitionProps={{ enterDelay: 300 }}>
      <Text size="sm" role="status">
        {asking ? t.auth.loseUnsent(unsent) : t.auth.sending(unsent)}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={close}>
          {t.cancel}
        </Button>
        {asking && (
          <Button color="red" onClick={out}>
            {t.auth.signOut}
          </Button>
        )}
      </Group>
    </Modal>
  );
}
