import type { Place } from '../../app/locale';
import type { Messages } from '../../i18n';
import { addDays, formatDay, formatTime, whenOf, type When } from './due';

export function dayText(t: Messages, day: string, place: Place): string {
  if (day === place.today) return t.day.today;
  if (day === addDays(place.today, 1)) return t.day.tomorrow;
  if (day === addDays(place.today, -1)) return t.day.yesterday;
  if (day > place.today && day < addDays(place.today, 7)) return formatDay(day, place.locale, { weekday: 'long' });
  const sameYear = day.slice(0, 4) === place.today.slice(0, 4);
  return formatDay(day, place.locale, sameYear ? { day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short', year: 'numeric' });
}

export function dueText(t: Messages, due: When, place: Place): string {
  const day = dayText(t, due.day, place);
  return due.time ? `${day} ${formatTime(due.time, place.locale)}` : day;
}

export function dueTone(due: When, place: Place, open: boolean): 'late' | 'now' | 'soon' | '' {
  if (!open) return '';
  if (due.day < place.today) return 'late';
  if (due.day === place.today) return due.time && due.time < (whenOf(new Date(), place.zone).time ?? '') ? 'late' : 'now';
  return due.day === addDays(place.today, 1) ? 'soon' : '';
}
