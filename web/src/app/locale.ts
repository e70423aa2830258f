import { useMemo } from 'react';
import { firstWeekday, todayIn } from '../features/tasks/due';
import { useSpoken } from '../i18n';
import { useUser } from '../store/hooks';
import { useMinute } from './minute';

export interface Place {
  /** IANA */
  zone: string;
  /** BCP 47, of the language that the page speaks and the person's region */
  locale: string;
  /** 0 is Sunday */
  weekStart: number;
  today: string;
}

/** Where and when the person is. */
export function usePlace(): Place {
  const user = useUser();
  const { language } = useSpoken();
  const minute = useMinute();
  return useMemo(() => {
    const own = user.locale.startsWith(language) ? user.locale : navigator.language;
    const locale = own.startsWith(language) ? own : language;
    return { zone: user.timezone, locale, weekStart: firstWeekday(locale), today: todayIn(user.timezone, new Date(minute)) };
  }, [user.locale, user.timezone, language, minute]);
}
