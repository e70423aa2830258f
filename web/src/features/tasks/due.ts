// Days and times in the person's zone. A day is "2026-12-01"; a time of day "17:00".
import type { Task } from '../../api/types';

export interface When {
  day: string;
  time: string | null;
}

const parts = new Map<string, Intl.DateTimeFormat>();

function zoned(zone: string): Intl.DateTimeFormat {
  let format = parts.get(zone);
  if (!format) {
    const options = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    try {
      format = new Intl.DateTimeFormat('en-CA', { ...options, timeZone: zone });
    } catch {
      format = new Intl.DateTimeFormat('en-CA', options);
    }
    parts.set(zone, format);
  }
  return format;
}

export function whenOf(instant: Date, zone: string): When {
  const found = Object.fromEntries(zoned(zone).formatToParts(instant).map((part) => [part.type, part.value]));
  return { day: `${found['year']}-${found['month']}-${found['day']}`, time: `${found['hour']}:${found['minute']}` };
}

export const todayIn = (zone: string, now = new Date()) => whenOf(now, zone).day;

/** The instant of a wall clock's time in a zone; where clocks jump over it, the time after the jump. */
export function instantOf(when: When, zone: string): Date {
  const asUtc = Date.parse(`${when.day}T${when.time ?? '00:00'}:00Z`);
  let guess = asUtc;
  for (let round = 0; round < 2; ++round) {
    const seen = whenOf(new Date(guess), zone);
    guess += asUtc - Date.parse(`${seen.day}T${seen.time}:00Z`);
  }
  return new Date(guess);
}

const known = new Map<string, When>();
const mostKnown = 20_000;

/** When a task is due, on the person's clock; null without a due. */
export function dueOf(task: Pick<Task, 'due' | 'timezone'>, zone: string): When | null {
  const { due, timezone } = task;
  if (!due) return null;
  if (due.length === 10) return { day: due, time: null };
  const floating = !/(Z|[+-]\d\d:\d\d)$/.test(due);
  if (floating && (!timezone || timezone === zone)) return { day: due.slice(0, 10), time: due.slice(11, 16) };
  const key = `${due} ${timezone} ${zone}`;
  let found = known.get(key);
  if (!found) {
    const instant = floating ? instantOf({ day: due.slice(0, 10), time: due.slice(11, 16) }, timezone ?? zone) : new Date(due);
    found = whenOf(instant, zone);
    if (known.size > mostKnown) known.clear();
    known.set(key, found);
  }
  return found;
}

/** The members of a task that is due then. */
export function dueFields(when: When | null, zone: string): { due: string | null; timezone: string | null } {
  if (!when) return { due: null, timezone: null };
  return when.time ? { due: `${when.day}T${when.time}:00`, timezone: zone } : { due: when.day, timezone: zone };
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

export function addMonths(month: string, count: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

/** 0 is Sunday. */
export const weekdayOf = (day: string) => new Date(`${day}T00:00:00Z`).getUTCDay();

/** The first day of the week that holds `day`; weeks begin on `first` (0 is Sunday). */
export const weekOf = (day: string, first: number) => addDays(day, -((weekdayOf(day) - first + 7) % 7));

/** The day that "next week" means. */
export const nextMonday = (day: string) => addDays(weekOf(day, 1), 7);

/** The Saturday of this week; on a Sunday, that day. */
export const weekendOf = (day: string) => addDays(weekOf(day, 1), weekdayOf(day) === 0 ? 6 : 5);

interface WeekInfo {
  firstDay: number;
}

/** Where the person's region begins its week (0 is Sunday). */
export function firstWeekday(locale: string): number {
  try {
    const region: Intl.Locale & { getWeekInfo?: () => WeekInfo; weekInfo?: WeekInfo } = new Intl.Locale(locale);
    const info = region.getWeekInfo?.() ?? region.weekInfo;
    return info ? info.firstDay % 7 : 1;
  } catch {
    return 1;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A day in words; `options` as Intl takes them. */
export function formatDay(day: string, locale: string, options: Intl.DateTimeFormatOptions): string {
  const key = locale + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })));
  return format.format(new Date(`${day}T00:00:00Z`));
}

/** Several days in words: "23 – 29 November 2026". */
export const formatDays = (first: string, last: string, locale: string) =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).formatRange(new Date(`${first}T00:00:00Z`), new Date(`${last}T00:00:00Z`));

export function formatTime(time: string, locale: string): string {
  let format = formats.get(`time ${locale}`);
  if (!format) formats.set(`time ${locale}`, (format = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' })));
  return format.format(new Date(`1970-01-01T${time}:00Z`));
}

export function formatInstant(instant: string, locale: string, zone: string): string {
  const options = { dateStyle: 'medium', timeStyle: 'short' } as const;
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }).format(new Date(instant));
  } catch {
    // A zone that this browser does not know yet: its own, as above.
    return new Intl.DateTimeFormat(locale, options).format(new Date(instant));
  }
}
