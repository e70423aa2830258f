import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <Stack className="empty" align="center" gap="xs">
      <img src="/favicon.svg" alt="" width={56} height={56} />
      <Title order={2}>{title}</Title>
      {hint && (
        <Text c="dimmed" ta="center" maw={420}>
          {hint}
        </Text>
      )}
      {children}
    </Stack>
  );
}
