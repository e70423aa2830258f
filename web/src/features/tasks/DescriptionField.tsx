import { Button, Group, Skeleton, Textarea } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { IconPencil } from '../../app/icons';
import { useT } from '../../i18n';
import { useDraft, type Draft } from './useDraft';

const Markdown = lazy(() => import('./Markdown'));

/** Markdown: read as it will look, written as text. Leaving the field saves. */
export function DescriptionField({ value, onSave }: { value: string; onSave: (draft: Draft) => void }) {
  const t = useT();
  const { draft, write, leave } = useDraft((written) => {
    onSave(written);
    return written.text;
  });
  // Whoever leaves the field by a key goes on from the button that opened it.
  const [byKey, setByKey] = useState(false);
  const begin = () => {
    setByKey(false);
    write({ text: value, seen: value });
  };
  if (draft !== null) {
    const save = () => {
      setByKey(true);
      leave();
    };
    return (
      <Textarea
        autoFocus
        autosize
        minRows={5}
        maxRows={24}
        maxLength={65536}
        aria-label={t.task.description}
        placeholder={t.task.describe}
        value={draft.text}
        onChange={(event) => write({ ...draft, text: event.currentTarget.value })}
        onBlur={leave}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save();
          if (event.key === 'Escape') {
            event.stopPropagation();
            save();
          }
        }}
      />
    );
  }
  if (!value) {
    return (
      <Button variant="subtle" color="gray" className="describe" leftSection={<IconPencil size={16} />} autoFocus={byKey} onClick={begin}>
        {t.task.describe}
      </Button>
    );
  }
  return (
    <Group align="flex-start" wrap="nowrap" gap="xs">
      <Suspense fallback={<Skeleton h={60} />}>
        <Markdown text={value} />
      </Suspense>
      <Button variant="subtle" color="gray" px={8} mt={-6} aria-label={t.task.editDescription} autoFocus={byKey} onClick={begin}>
        <IconPencil size={16} />
      </Button>
    </Group>
  );
}
