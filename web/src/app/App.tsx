import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { chooseLanguage, loadMessages, SpokenContext, type Language, type Messages } from '../i18n';
import { queryClient } from '../store/server';
import { router } from './router';
import { themeIn, variables } from './theme';

const colorScheme = localStorageColorSchemeManager({ key: 'cumulo.theme' });

export function App(props: { language: Language; messages: Messages }) {
  const [spoken, setSpoken] = useState(props);
  const speak = useCallback((language: Language) => {
    chooseLanguage(language);
    document.documentElement.lang = language;
    void loadMessages(language).then((messages) => setSpoken({ language, messages }));
  }, []);
  const value = useMemo(() => ({ language: spoken.language, t: spoken.messages, speak }), [spoken, speak]);
  const theme = useMemo(() => themeIn(spoken.messages), [spoken.messages]);
  return (
    <SpokenContext value={value}>
      <QueryClientProvider client={queryClient}>
        <DirectionProvider>
          <MantineProvider theme={theme} cssVariablesResolver={variables} colorSchemeManager={colorScheme} defaultColorScheme="auto">
            <RouterProvider router={router} />
            <Notifications position="bottom-center" limit={3} />
          </MantineProvider>
        </DirectionProvider>
      </QueryClientProvider>
    </SpokenContext>
  );
}
