import { Button, Center, Stack, Text, Title } from '@mantine/core';
import { useT } from '../i18n';

export function NotFound() {
  const t = useT();
  return (
    <Center component="main" mih="60vh">
      <Stack align="center">
        <Title order={1}>{t.notFound}</Title>
        <Button component="a" href="/app/today">
          {t.nav.today}
        </Button>
      </Stack>
    </Center>
  );
}

export function Crashed({ error }: { error: unknown }) {
  const t = useT();
  return (
    <Center component="main" mih="60vh">
      <Stack align="center" p="md">
        <Title order={1}>{t.failed}</Title>
        <Text ta="center">{t.crashed}</Text>
        <Text c="dimmed" size="sm">
          {error instanceof Error ? error.message : String(error)}
        </Text>
        <Button onClick={() => location.reload()}>{t.reload}</Button>
      </Stack>
    </Center>
  );
}
