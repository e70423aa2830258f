import { Button, Code, CopyButton, Group } from '@mantine/core';
import { useT } from '../../i18n';

/** What is shown once, to be copied. */
export function Secret({ value }: { value: string }) {
  const t = useT();
  return (
    <Group wrap="nowrap">
      <Code className="secret">{value}</Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button size="compact-sm" variant="default" onClick={copy}>
            {copied ? t.settings.copied : t.settings.copy}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
