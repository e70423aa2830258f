// Dates in words, behind one function: the reader may move to the server.
import type { ParsedResult } from 'chrono-node';
import * as german from 'chrono-node/de';
import * as english from 'chrono-node/en';
import type { Place } from '../../app/locale';
import type { Language } from '../../i18n';
import { addDays, whenOf } from '../tasks/due';
import type { DateHit } from './parse';

// It makes its patterns when it first reads: not while somebody types.
setTimeout(() => english.GB.parse('tomorrow'));

/** Is 1/12 the twelfth of January there? */
function monthFirst(locale: string): boolean {
  try {
    return new Intl.Locale(locale).region === 'US';
  } catch {
    return false;
  }
}

const two = (value: number | null) => String(value ?? 0).padStart(2, '0');

type Where = Pick<Place, 'zone' | 'locale'>;

/** The dates in `text`, in its order; words count from `now` on the clock of `place`. English words are known everywhere. */
export function findDates(text: string, language: Language, now: Date, place: Where): DateHit[] {
  const { day, time } = whenOf(now, place.zone);
  // The reader speaks of the browser's clock, so it is given one that shows the person's time.
  const clock = new Date(`${day}T${time}:00`);
  const own = monthFirst(place.locale) ? english.casual : english.GB;
  const readers = language === 'de' ? [german.casual, own] : [own];
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
  // The day itself is the next such day too, also in its evening.
  const anyYear = start.isCertain('day') && start.isCertain('month') && !start.isCertain('year');
  if (anyYear && hit.when.day.endsWith(today.slice(4))) hit.when.day = today;
  // "at 9" said at noon is tomorrow's.
  const onlyTime = timed && !start.isCertain('day') && !start.isCertain('weekday');
  if (onlyTime && hit.when.day === today && (hit.when.time ?? '') < now) hit.when.day = addDays(today, 1);
  return hit;
}
