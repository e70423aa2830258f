import { Button, Group, Skeleton, Textarea } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { IconPencil } from '../../app/icons';
import { useT } from '../../i18n';

const Markdown = lazy(() => import('./Markdown'));

/** What is being written, and what stood there when it was begun. */
export interface Draft {
  text: string;
  seen: string;
}

/** Markdown: read as it will look, written as text. Leaving the field saves. */
export function DescriptionField({ value, onSave }: { value: string; onSave: (draft: Draft) => void }) {
  const t = useT();
  const [draft, setDraft] = useState<Draft | null>(null);
  if (draft !== null) {
    const save = () => {
      onSave(draft);
      setDraft(null);
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
        onChange={(event) => setDraft({ ...draft, text: event.currentTarget.value })}
        onBlur={save}
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
      <Button variant="subtle" color="gray" className="describe" leftSection={<IconPencil size={16} />} onClick={() => setDraft({ text: '', seen: '' })}>
        {t.task.describe}
      </Button>
    );
  }
  return (
    <Group align="flex-start" wrap="nowrap" gap="xs">
      <Suspense fallback={<Skeleton h={60} />}>
        <Markdown text={value} />
      </Suspense>
      <Button variant="subtle" color="gray" px={8} mt={-6} aria-label={t.task.editDescription} onClick={() => setDraft({ text: value, seen: value })}>
        <IconPencil size={16} />
      </Button>
    </Group>
  );
}
