import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { usePlace } from '../../app/locale';
import { useT } from '../../i18n';
import { useProjects, useTasks } from '../../store/hooks';
import { AddLine } from './AddLine';
import { setDay } from './commands';
import { formatDay } from './due';
import { Empty } from './Empty';
import { todayOf } from './order';
import { SampleOffer } from './SampleOffer';
import { TasksToCome } from './TasksToCome';
import { TaskList, type Group } from './TaskList';
import { ViewHead } from './ViewHead';

export function TodayView() {
  const t = useT();
  const place = usePlace();
  const projects = useProjects();
  const { tasks, loading } = useTasks();
  const found = useMemo(() => todayOf(tasks.values(), place.today, place.zone), [tasks, place.today, place.zone]);
  const groups = useMemo(() => {
    if (found.overdue.length === 0) return [{ id: 'today', day: place.today, tasks: found.today }];
    const move = () => setDay(t, found.overdue.map((task) => task.id), place.today, place.zone);
    const aside = (
      <Button size="compact-sm" variant="subtle" onClick={move}>
        {t.views.rescheduleAll}
      </Button>
    );
    const all: Group[] = [{ id: 'overdue', title: t.day.overdue, aside, tasks: found.overdue }];
    if (found.today.length > 0) all.push({ id: 'today', title: t.day.today, day: place.today, tasks: found.today });
    return all;
  }, [found, t, place.today, place.zone]);
  const count = found.overdue.length + found.today.length;
  const date = formatDay(place.today, place.locale, { weekday: 'long', day: 'numeric', month: 'long' });
  return (
    <>
      <ViewHead title={t.nav.today} note={count > 0 ? `${date} · ${t.task.count(count)}` : date} />
      {loading ? <TasksToCome /> : <TaskList label={t.nav.today} groups={groups} place={place} projects={projects} />}
      {!loading && <AddLine defaults={{ day: place.today }} where={t.nav.today} />}
      {!loading && count === 0 && (
        <Empty title={t.empty.today} hint={t.empty.todayHint}>
          <SampleOffer />
        </Empty>
      )}
    </>
  );
}
