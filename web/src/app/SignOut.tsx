import { Button, Group, Modal, Text } from '@mantine/core';
import { useEffect } from 'react';
import { signOut } from '../api/session';
import { useT } from '../i18n';
import { setUi } from './ui';
import { useUnsent } from './useUnsent';

const close = () => setUi({ leaving: false });

function out() {
  close();
  void signOut();
}

/** Signs out once all is sent, also what other tabs left; asks before anything is lost. */
export default function SignOut() {
  const t = useT();
  const { unsent, complete, stuck } = useUnsent();
  // A session that ends meanwhile takes the wish with it.
  useEffect(() => close, []);
  useEffect(() => {
    if (complete && unsent === 0) out();
  }, [complete, unsent]);
  return (
    <Modal opened={unsent > 0} onClose={close} title={t.auth.signOut} transitionProps={{ enterDelay: 300 }}>
      <Text size="sm" role="status">
        {stuck ? t.auth.loseUnsent(unsent) : t.auth.sending(unsent)}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={close}>
          {t.cancel}
        </Button>
        {stuck && (
          <Button color="red" onClick={out}>
            {t.auth.signOut}
          </Button>
        )}
      </Group>
    </Modal>
  );
}
