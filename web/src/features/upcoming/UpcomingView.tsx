import { ActionIcon } from '@mantine/core';
import { useCallback, useMemo, type ReactNode } from 'react';
import { IconPlus } from '../../app/icons';
import { usePlace } from '../../app/locale';
import { setUi } from '../../app/ui';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { useProjects, useTasks } from '../../store/hooks';
import { DragArea, Draggable, DropPlace } from '../drag/DragArea';
import { setDay } from '../tasks/commands';
import { addDays, dueOf, formatDay } from '../tasks/due';
import { agendaOf } from '../tasks/order';
import { TaskList, type Group } from '../tasks/TaskList';
import { TasksToCome } from '../tasks/TasksToCome';
import { ViewHead } from '../tasks/ViewHead';

const daysAhead = 28;
/** Ids of places: the day, and which line of it, so that every line of a day takes a drop. */
const dayOf = (place: string) => place.slice(0, 10);

export function UpcomingView() {
  const t = useT();
  const place = usePlace();
  const { tasks, loading } = useTasks();
  const projects = useProjects();
  const dayTitle = useCallback(
    (day: string) => {
      const date = formatDay(day, place.locale, { weekday: 'long', day: 'numeric', month: 'long' });
      if (day === place.today) return `${t.day.today} · ${date}`;
      return day === addDays(place.today, 1) ? `${t.day.tomorrow} · ${date}` : date;
    },
    [place, t],
  );
  const groups = useMemo<Group[]>(() => {
    const add = (day: string) => (
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.views.addTo(dayTitle(day))} onClick={() => setUi({ quick: { day } })}>
        <IconPlus size={17} />
      </ActionIcon>
    );
    return agendaOf(tasks.values(), place.today, daysAhead, place.zone).map(({ day, tasks: list }) => ({ id: day, day, title: dayTitle(day), aside: add(day), tasks: list }));
  }, [tasks, place.today, place.zone, dayTitle, t]);
  const placeName = useCallback((id: string) => dayTitle(dayOf(id)), [dayTitle]);
  const drop = (task: Task, id: string) => {
    if (dueOf(task, place.zone)?.day !== dayOf(id)) setDay(t, [task.id], dayOf(id), place.zone);
  };
  const renderTask = useCallback(
    (task: Task, row: (handle: ReactNode) => ReactNode, group: Group) => (
      <DropPlace id={`${group.id} ${task.id}`} className="day-line">
        <Draggable task={task}>{row}</Draggable>
      </DropPlace>
    ),
    [],
  );
  const renderHead = useCallback(
    (group: Group, head: ReactNode) => (
      <DropPlace id={group.id} className="day-head">
        {head}
      </DropPlace>
    ),
    [],
  );
  return (
    <>
      <ViewHead title={t.nav.upcoming} />
      {loading ? (
        <TasksToCome />
      ) : (
        <DragArea placeName={placeName} onDrop={drop}>
          <TaskList label={t.nav.upcoming} groups={groups} place={place} projects={projects} renderTask={renderTask} renderHead={renderHead} />
        </DragArea>
      )}
    </>
  );
}
