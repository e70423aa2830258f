import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Place } from '../../app/locale';
import { useSpoken } from '../../i18n';
import { changedBy, findDates } from '../quickadd/dates';
import type { When } from './due';
import { dueText } from './dueText';

interface Props {
  label: string;
  hint: string;
  place: Place;
  /** What the words change: a time alone keeps its day, a day its time. */
  value: When | null;
  /** What a day without a time means; null if it means just the day. */
  usualTime: string | null;
  onSay: (when: When) => void;
}

/** A time in words, with what is understood of it; Enter takes it. */
export function DateWords({ label, hint, place, value, usualTime, onSay }: Props) {
  const { t, language } = useSpoken();
  const [words, setWords] = useState('');
  const said = words ? findDates(words, language, new Date(), place).at(-1) : undefined;
  const changed = said && changedBy(said, value);
  const when = changed && { ...changed, time: changed.time ?? usualTime };
  return (
    <TextInput
      data-autofocus
      aria-label={label}
      placeholder={hint}
      value={words}
      onChange={(event) => setWords(event.currentTarget.value)}
      description={when && dueText(t, when, place)}
      inputWrapperOrder={['input', 'description']}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !when) return;
        onSay(when);
        setWords('');
      }}
    />
  );
}
