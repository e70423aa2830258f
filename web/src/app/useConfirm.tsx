import { Button, Group, Modal, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useT } from '../i18n';

interface Question {
  /** What is done, as the button says it. */
  act: string;
  text: string;
  run: () => void;
}

/** For what cannot be undone: a dialog to draw, and the function that asks. */
export function useConfirm(): [ReactNode, (question: Question) => void] {
  const t = useT();
  const [question, setQuestion] = useState<Question | null>(null);
  const close = () => setQuestion(null);
  const dialog = (
    <Modal opened={question !== null} onClose={close} title={question?.act}>
      <Text size="sm">{question?.text}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={close}>
          {t.cancel}
        </Button>
        <Button
          color="red"
          onClick={() => {
            close();
            question?.run();
          }}
        >
          {question?.act}
        </Button>
      </Group>
    </Modal>
  );
  return [dialog, setQuestion];
}
