// Every text of the page. English is the catalogue that others must match; German is loaded when it is spoken.
import { createContext, useContext } from 'react';
import { en, type Messages } from './en';

export type Language = 'en' | 'de';
export const languages: { value: Language; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'de', label: 'Deutsch' },
];

const item = 'cumulo.language';

export function chosenLanguage(): Language {
  const chosen = localStorage.getItem(item) ?? navigator.language;
  return chosen.startsWith('de') ? 'de' : 'en';
}

export const chooseLanguage = (language: Language) => localStorage.setItem(item, language);

export async function loadMessages(language: Language): Promise<Messages> {
  return language === 'de' ? (await import('./de')).de : en;
}

export interface Spoken {
  language: Language;
  t: Messages;
  speak: (language: Language) => void;
}

export const SpokenContext = createContext<Spoken>({ language: 'en', t: en, speak: () => {} });
export const useT = (): Messages => useContext(SpokenContext).t;
export const useSpoken = (): Spoken => useContext(SpokenContext);
export type { Messages };
