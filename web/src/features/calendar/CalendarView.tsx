import { ActionIcon, Button, SegmentedControl } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { IconChevronLeft, IconChevronRight } from '../../app/icons';
import { usePlace } from '../../app/locale';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { useTasks } from '../../store/hooks';
import { DragArea } from '../drag/DragArea';
import { setDay } from '../tasks/commands';
import { addDays, addMonths, dueOf, formatDay, formatDays, weekOf } from '../tasks/due';
import { byUrgency, isOpen } from '../tasks/order';
import { TasksToCome } from '../tasks/TasksToCome';
import { ViewHead } from '../tasks/ViewHead';
import { DayCell } from './DayCell';

export function CalendarView() {
  const t = useT();
  const place = usePlace();
  const navigate = useNavigate();
  const week = useSearch({ from: '/inside/app/calendar', select: ({ view }) => view === 'week' });
  const asked = useSearch({ from: '/inside/app/calendar', select: ({ day }) => day });
  const { tasks, loading } = useTasks();
  const day = asked ?? place.today;
  const month = day.slice(0, 7);
  const first = weekOf(week ? day : `${month}-01`, place.weekStart);
  const days = useMemo(() => {
    if (week) return Array.from({ length: 7 }, (_, index) => addDays(first, index));
    const after = `${addMonths(month, 1)}-01`;
    const found: string[] = [];
    for (let each = first; each < after || found.length % 7 !== 0; each = addDays(each, 1)) found.push(each);
    return found;
  }, [week, first, month]);
  const byDay = useMemo(() => {
    const found = new Map<string, Task[]>();
    for (const task of tasks.values()) {
      const due = isOpen(task) ? dueOf(task, place.zone) : null;
      if (!due || due.day < days[0]! || due.day > days.at(-1)!) continue;
      const there = found.get(due.day);
      if (there) there.push(task);
      else found.set(due.day, [task]);
    }
    return new Map([...found].map(([each, list]) => [each, byUrgency(list, place.zone)]));
  }, [tasks, days, place.zone]);
  const go = (to: string) => void navigate({ to: '.', search: (old) => ({ ...old, day: to === place.today ? undefined : to }) });
  const step = (direction: 1 | -1) => go(week ? addDays(day, 7 * direction) : `${addMonths(month, direction)}-01`);
  const placeName = useCallback((id: string) => formatDay(id, place.locale, { weekday: 'long', day: 'numeric', month: 'long' }), [place.locale]);
  const title = week ? formatDays(first, days.at(-1)!, place.locale) : formatDay(day, place.locale, { month: 'long', year: 'numeric' });
  return (
    <>
      <ViewHead title={t.nav.calendar} note={title}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.previous} onClick={() => step(-1)}>
          <IconChevronLeft size={19} />
        </ActionIcon>
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => go(place.today)}>
          {t.day.today}
        </Button>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.next} onClick={() => step(1)}>
          <IconChevronRight size={19} />
        </ActionIcon>
        <SegmentedControl
          size="xs"
          aria-label={t.nav.calendar}
          value={week ? 'week' : 'month'}
          onChange={(value) => void navigate({ to: '.', search: (old) => ({ ...old, view: value === 'week' ? ('week' as const) : undefined }) })}
          data={[
            { value: 'month', label: t.views.month },
            { value: 'week', label: t.views.week },
          ]}
        />
      </ViewHead>
      {loading ? (
        <TasksToCome />
      ) : (
        <DragArea placeName={placeName} onDrop={(task, to) => setDay(t, [task.id], to, place.zone)}>
          <div className={week ? 'calendar week' : 'calendar'}>
            <div className="calendar-days" aria-hidden>
              {days.slice(0, 7).map((each) => (
                <span key={each}>{formatDay(each, place.locale, { weekday: 'short' })}</span>
              ))}
            </div>
            <div className="calendar-grid">
              {days.map((each) => (
                <DayCell key={each} day={each} tasks={byDay.get(each) ?? []} place={place} outside={!week && each.slice(0, 7) !== month} most={week ? 100 : 4} />
              ))}
            </div>
          </div>
        </DragArea>
      )}
    </>
  );
}
