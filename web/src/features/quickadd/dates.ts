// Dates in words, behind one function: the reader may move to the server.
import type { ParsedResult } from 'chrono-node';
import * as german from 'chrono-node/de';
import * as english from 'chrono-node/en';
import type { Language } from '../../i18n';
import { addDays, whenOf } from '../tasks/due';
import type { DateHit } from './parse';

// It makes its patterns when it first reads: not while somebody types.
setTimeout(() => english.casual.parse('tomorrow'));

const two = (value: number | null) => String(value ?? 0).padStart(2, '0');

/** The dates in `text`, in its order; words count from `now` on the clock of `zone`. English words are known everywhere. */
export function findDates(text: string, language: Language, now: Date, zone: string): DateHit[] {
  const { day, time } = whenOf(now, zone);
  // The reader speaks of the browser's clock, so it is given one that shows the person's time.
  const clock = new Date(`${day}T${time}:00`);
  const readers = language === 'de' ? [german.casual, english.casual] : [english.casual];
  for (const reader of readers) {
    const found = reader.parse(text, clock, { forwardDate: true });
    if (found.length > 0) return found.map((result) => hitOf(result, day, time ?? ''));
  }
  return [];
}

function hitOf({ index, text, start }: ParsedResult, today: string, now: string): DateHit {
  const timed = start.isCertain('hour');
  const hit = {
    start: index,
    end: index + text.trimEnd().length,
    when: {
      day: `${start.get('year')}-${two(start.get('month'))}-${two(start.get('day'))}`,
      time: timed ? `${two(start.get('hour'))}:${two(start.get('minute'))}` : null,
    },
  };
  // "at 9" said at noon is tomorrow's.
  const onlyTime = timed && !start.isCertain('day') && !start.isCertain('weekday');
  if (onlyTime && hit.when.day === today && (hit.when.time ?? '') < now) hit.when.day = addDays(today, 1);
  return hit;
}
