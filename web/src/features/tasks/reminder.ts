// Reminders in words. Pure.
import type { Place } from '../../app/locale';
import type { Reminder, ReminderCreation } from '../../api/types';
import type { Messages } from '../../i18n';
import { formatTime, whenOf, type When } from './due';
import { dueText } from './dueText';

const units = ['week', 'day', 'hour', 'minute'] as const;

/** "P1DT2H" as "1 day, 2 hours"; empty if it is no time at all. */
export function durationText(duration: string, locale: string): string {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(duration);
  return units
    .flatMap((unit, index) => {
      const count = Number(found?.[index + 1] ?? 0);
      return count > 0 ? [new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count)] : [];
    })
    .join(', ');
}

/** When it comes, as it was asked for. */
export function reminderText(t: Messages, reminder: Pick<Reminder, 'before' | 'time' | 'remind_at' | 'at'>, place: Place): string {
  if (reminder.before) {
    const span = durationText(reminder.before, place.locale);
    if (!reminder.time) return span ? t.reminders.before(span) : t.reminders.due;
    return t.reminders.at(span ? t.reminders.before(span) : t.reminders.onDay, formatTime(reminder.time, place.locale));
  }
  const instant = reminder.remind_at ?? reminder.at;
  return instant ? dueText(t, whenOf(new Date(instant), place.zone), place) : '';
}

/** What is usual for a task that is due then. */
export function usualReminders(due: When | null): ReminderCreation[] {
  if (!due) return [];
  if (due.time) return ['PT0M', 'PT10M', 'PT1H', 'P1D'].map((before) => ({ before }));
  return [
    { before: 'PT0M', time: '09:00' },
    { before: 'P1D', time: '18:00' },
    { before: 'P1W', time: '09:00' },
  ];
}
