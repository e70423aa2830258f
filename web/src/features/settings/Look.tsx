import { Select, useMantineColorScheme } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api, body } from '../../api/client';
import { updateUser } from '../../api/session';
import { languages, useSpoken, type Language } from '../../i18n';
import { useUser } from '../../store/hooks';
import { Section } from './Section';

export function Look() {
  const { t, language, speak } = useSpoken();
  const user = useUser();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  // Mails and reminders speak the same language; without a network this browser does so alone.
  const save = useMutation({
    mutationFn: (locale: string) => body(api.PATCH('/profile', { body: { locale } })),
    onSuccess: updateUser,
  });
  const choose = (value: Language) => {
    speak(value);
    if (!user.locale.startsWith(value)) save.mutate(value);
  };
  return (
    <Section title={t.settings.look}>
      <div className="stack">
        <Select label={t.settings.language} data={languages} value={language} allowDeselect={false} onChange={(value) => value && choose(value as Language)} />
        <Select
          label={t.settings.theme}
          data={(['auto', 'light', 'dark'] as const).map((value) => ({ value, label: t.settings.themes[value] }))}
          value={colorScheme}
          allowDeselect={false}
          onChange={(value) => value && setColorScheme(value as 'auto' | 'light' | 'dark')}
        />
      </div>
    </Section>
  );
}
