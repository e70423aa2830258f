// Dates in words, behind one function: the reader may move to the server.
import type { ParsedResult, ParsingContext } from 'chrono-node';
import { casual } from 'chrono-node/de';
import { casual as american, GB } from 'chrono-node/en';
import type { Place } from '../../app/locale';
import type { Language } from '../../i18n';
import { addDays, nextMonday, whenOf, type When } from '../tasks/due';
import type { DateHit } from './parse';
import { repeats } from './repeats';

// The reader for Great Britain takes 31 for a year in "dec 31": that one of its parsers stays the American one.
const british = american.clone();
british.parsers = american.parsers.map((parser, index) => ('shouldSkipYearLikeDate' in parser ? parser : (GB.parsers[index] ?? parser)));

// The German reader knows "24.12." only with a year, and takes 17 for one in "5. Dezember 17 Uhr".
const months = ['jan', 'feb', 'mär', 'apr', 'mai', 'jun', 'jul', 'aug', 'sep', 'okt', 'nov', 'dez'];
const numbers = /(?<![\d.])(\d\d?)\.(\d\d?)\.(?!\d)/;
const monthAndHour = new RegExp(`(?<![\\d.])(\\d\\d?)\\.\\s*(${months.join('|')})\\p{L}*\\.?\\s+(\\d\\d?)\\s+uhr`, 'iu');
const german = casual.clone();
german.parsers.push(
  {
    pattern: () => numbers,
    extract: ({ refDate }: ParsingContext, [, day, month]) => nextSuch(Number(day), Number(month), refDate),
  },
  {
    pattern: () => monthAndHour,
    extract: ({ refDate }: ParsingContext, [, day, month = '', hour]) => {
      const found = nextSuch(Number(day), months.indexOf(month.toLowerCase()) + 1, refDate);
      return found && Number(hour) < 24 ? { ...found, hour: Number(hour), minute: 0 } : null;
    },
  },
);

// It makes its patterns when it first reads: not while somebody types.
setTimeout(() => british.parse('tomorrow'));

/** The next 24th of December, from `now` on; null if there is no such day. */
function nextSuch(day: number, month: number, now: Date) {
  for (let year = now.getFullYear(); year < now.getFullYear() + 9; ++year) {
    const evening = new Date(year, month - 1, day, 23, 59);
    if (evening >= now && evening.getMonth() === month - 1) return { day, month, year };
  }
  return null;
}

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

/**
 * The dates in `text`, in its order; none if it repeats, for one day out of many would be wrong. Words count from `now` on
 * the clock of `place`; English words are known everywhere.
 */
export function findDates(text: string, language: Language, now: Date, place: Where): DateHit[] {
  if (repeats(text)) return [];
  const { day, time } = whenOf(now, place.zone);
  // The reader speaks of the browser's clock, so it is given one that shows the person's time.
  const clock = new Date(`${day}T${time}:00`);
  const english = monthFirst(place.locale) ? american : british;
  const hits = (language === 'de' ? [german, english] : [english])
    .map((reader) => reader.parse(text, clock, { forwardDate: true }))
    .flatMap((results) => results.map((result, index) => hitOf(result, results[index - 1], text, day, time ?? '')))
    .filter((hit) => isWhole(hit, text) && isMeant(hit, text));
  // Where readers differ, who read more has understood more.
  const taken: DateHit[] = [];
  for (const hit of hits.sort((a, b) => b.end - b.start - (a.end - a.start))) {
    if (taken.every((other) => hit.end <= other.start || other.end <= hit.start)) taken.push(hit);
  }
  return taken.sort((a, b) => a.start - b.start);
}

const isWhole = ({ start, end }: DateHit, text: string) => /^\s?$/.test(text.charAt(start - 1)) && /^[\s,.;:!?)]?$/.test(text.charAt(end)) && !/^\.\p{L}/u.test(text.slice(end));

/** Words too: "So ein Mist", "Do it", "Buy sun cream". One counts with a dot, a time or a word like "on", or as the last word. */
const doubtful = new RegExp(
  '^((for|from|für|ab)\\s+)?((mo|di|mi|do|fr|sa|so)(\\s\\d+)?|(sun|sat|wed),?|january|february|march|april|may|june|july|august|september|october|november|december|' +
    'morning|noon|afternoon|evening|night|midnight|vormittag|mittag|nachmittag|abend|nacht|mitternacht|in a)$',
  'i',
);
/** How long or how many, not when: "Meditate for 20 minutes", "a second chance", "Last minute cleaning", "Read pages 3-5". */
const amount = new RegExp(
  '^((for|last|past)\\s+)?((\\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|few|several|half an?)\\s*)?' +
    '(s|m|h|d|w|y|sec|second|min|minute|hr|hour|day|week|mo|month|yr|year)s?$|^\\d+\\s*(-|–|to|bis)\\s*\\d+$',
  'i',
);

/** What was is no time to do something: "Notes from last friday", "Rechnung von gestern". */
const past = /(^|\s)(last|previous|yesterday|gestern|vorgestern|letzt\p{L}*|vorig\p{L}*|vergangen\p{L}*)(?!\p{L})|\sago$|^vor\s/iu;
const fraction = /(^|\s)[1-9]\/[2-9]$/;
const measured =
  /^\s+(cup|pint|gallon|pound|lb|oz|ounce|kg|kilo|g|l|lit(er|re)|tsp|tbsp|teaspoon|tablespoon|mile|hour|day|dozen|price|pfund|tasse|becher|packung|dutzend|stunde|tag|el|tl)s?(?!\p{L})/iu;
/** Days, or what looks like them, that are part of a name: "Black Friday", "Guten Morgen", "Fr. Müller", "24/7". */
const names = [
  /(?<!\p{L})((black|good|cyber|ash|palm|easter|shrove|super|maundy|holy|whit|casual)\s+\p{L}+day|(good|guten?)\s+(morning|afternoon|evening|night|morgen|abend|nacht))(?!\p{L})/giu,
  /(?<!\p{L})Fr\.(?=\s+\p{Lu}\p{Ll})/gu,
  /(?<!\S)(24\/7|9\/11)(?!\S)/g,
];

const isInName = ({ start, end }: DateHit, text: string) => names.some((name) => [...text.matchAll(name)].some((found) => found.index < end && start < found.index + found[0].length));

function isMeant(hit: DateHit, text: string): boolean {
  const { start, end } = hit;
  const words = text.slice(start, end);
  if (amount.test(words) || past.test(words)) return words === text.trim();
  if (isInName(hit, text) || (fraction.test(words) && measured.test(text.slice(end)))) return false;
  return !doubtful.test(words) || /^[\s\0.,;:!?)]*$/.test(text.slice(end));
}

/** What leads to a date and means nothing without it: before any, before a day by its number or month, a month, a time. */
const leads: [lead: RegExp, date: RegExp][] = [
  [/(due(\s+(by|on))?|(?<!\b(stop|drop|come|go|swing)\s+)by|until|till|before|for|from|bis(\s+zum)?|zum|für|ab)\s+$/i, /^/],
  [/(on|am)\s+$/i, /^(\d|jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|o[ck]t|nov|de[cz])/i],
  [/in\s+$/i, /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i],
  [/at\s+$/i, /^(noon|midnight|night)/i],
  [/@\s+$/, /^\d/],
  [/(kommende[mnrs]?|diese[mnrs]?)\s+$/i, /^(mon|diens|donners|frei|sams|sonn)tag|^mittwoch|^sonnabend/i],
  [/in\s+the\s+$/i, /^(morning|afternoon|evening)/i],
  [/(at|on|over)\s+the\s+$/i, /^weekend/i],
  [/in\s+der\s+$/i, /^(nächst|kommend)en\s+woche/i],
  [/(am\s+)?(mo|di|mi|do|fr|sa|so)\.,?\s+$/i, /^\d+\./],
];

/** Where the words begin that lead to the date at `start`; there itself without such words. */
function leadOf(text: string, start: number): number {
  const before = text.slice(0, start);
  for (const [lead, date] of leads) {
    const at = before.search(lead);
    if (at >= 0 && /^\s?$/.test(text.charAt(at - 1)) && date.test(text.slice(start))) return at;
  }
  return start;
}

const nextWeek = /^(next|nächste[nr]?|kommende[nr]?)\s+(week|woche)/i;

/** `before` is what was read before it in the line. */
function hitOf(result: ParsedResult, before: ParsedResult | undefined, line: string, today: string, now: string): DateHit {
  const { index, text, start } = result;
  const end = index + text.trimEnd().length;
  // What follows and says no more: "14.30 Uhr", "morgen früh".
  const tail = (/^\s*\d\S*$|\s\d\S*$/.test(text.trimEnd()) && /^\s*uhr(?!\p{L})/iu.exec(line.slice(end))) || (/(^|\s)morgen$/i.test(text.trimEnd()) && /^\s+früh(?!\p{L})/iu.exec(line.slice(end)));
  const shortened = line[end] === '.' && /(^|\s)(mo|di|mi|do|fr|sa|so)$/i.test(text);
  // A task has no end: the words that say one stay in its title.
  const keep = Boolean(result.end);
  const timed = start.isCertain('hour');
  const anyDay = timed && !start.isCertain('day') && !start.isCertain('weekday');
  const hit: DateHit = {
    start: keep ? index : leadOf(line, index),
    end: shortened ? end + 1 : end + (tail ? tail[0].length : 0),
    keep,
    anyDay,
    when: {
      day: `${start.get('year')}-${two(start.get('month'))}-${two(start.get('day'))}`,
      time: timed ? `${two(start.get('hour'))}:${two(start.get('minute'))}` : null,
    },
  };
  const dayAfter = /(^|\s)day\s+after\s+$/i.exec(line.slice(0, index));
  if (dayAfter && /^tomorrow/i.test(text)) {
    hit.start = dayAfter.index + (dayAfter[1]?.length ?? 0);
    hit.when.day = addDays(today, 2);
  }
  // The day itself is the next such day too, also in its evening.
  const anyYear = start.isCertain('day') && start.isCertain('month') && !start.isCertain('year');
  if (anyYear && hit.when.day.endsWith(today.slice(4))) hit.when.day = today;
  // "at 9" said at noon is tomorrow's.
  if (anyDay && hit.when.day === today && (hit.when.time ?? '') < now) hit.when.day = addDays(today, 1);
  // The reader takes "next week" for seven days from now, and "next week friday" for two dates.
  if (nextWeek.test(text)) hit.when.day = nextMonday(today);
  if (before && nextWeek.test(before.text) && start.isCertain('weekday') && !line.slice(before.index + before.text.length, index).trim()) {
    hit.start = leadOf(line, before.index);
    hit.when.day = addDays(nextMonday(today), ((start.get('weekday') ?? 1) + 6) % 7);
  }
  return hit;
}

/** When a task that is due then becomes due by these words: a time keeps its day, a day its time. */
export const changedBy = ({ when, anyDay }: DateHit, due: When | null): When => ({ day: (anyDay && due?.day) || when.day, time: when.time ?? due?.time ?? null });
