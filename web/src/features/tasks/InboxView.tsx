import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { usePlace } from '../../app/locale';
import { useT } from '../../i18n';
import { useInboxId, useProjects, useTasks } from '../../store/hooks';
import { AddLine } from './AddLine';
import { Empty } from './Empty';
import { ListSkeleton } from './ListSkeleton';
import { byPriority, isOpen } from './order';
import { makeSample } from './sample';
import { TaskList } from './TaskList';
import { ViewHead } from './ViewHead';

export function InboxView() {
  const t = useT();
  const place = usePlace();
  const inbox = useInboxId();
  const projects = useProjects();
  const { tasks, loading } = useTasks();
  const navigate = useNavigate();
  const found = useMemo(
    () => [...tasks.values()].filter((task) => task.project_id === inbox && isOpen(task)).sort(byPriority(place.zone)),
    [tasks, inbox, place.zone],
  );
  const groups = useMemo(() => [{ id: 'inbox', tasks: found }], [found]);
  const fresh = projects.size <= 1 && tasks.size === 0;
  return (
    <>
      <ViewHead title={t.nav.inbox} note={found.length > 0 ? t.task.count(found.length) : undefined} />
      {loading ? <ListSkeleton /> : <TaskList label={t.nav.inbox} groups={groups} place={place} />}
      {!loading && <AddLine defaults={{}} where={t.nav.inbox} />}
      {!loading && found.length === 0 && (
        <Empty title={t.empty.inbox} hint={t.empty.inboxHint}>
          {fresh && (
            <Button variant="light" onClick={() => void navigate({ to: '/app/project/$id', params: { id: makeSample(t) } })}>
              {t.empty.sample}
            </Button>
          )}
        </Empty>
      )}
    </>
  );
}
