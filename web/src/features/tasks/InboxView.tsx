import { useMemo } from 'react';
import { usePlace } from '../../app/locale';
import { useT } from '../../i18n';
import { useInboxId, useTasks } from '../../store/hooks';
import { AddLine } from './AddLine';
import { Empty } from './Empty';
import { byPriority, isOpen } from './order';
import { SampleOffer } from './SampleOffer';
import { TasksToCome } from './TasksToCome';
import { TaskList } from './TaskList';
import { ViewHead } from './ViewHead';

export function InboxView() {
  const t = useT();
  const place = usePlace();
  const inbox = useInboxId();
  const { tasks, loading: some } = useTasks();
  // Without the projects nobody knows which one this is.
  const loading = some || !inbox;
  const found = useMemo(
    () => byPriority([...tasks.values()].filter((task) => task.project_id === inbox && isOpen(task)), place.zone),
    [tasks, inbox, place.zone],
  );
  const groups = useMemo(() => [{ id: 'inbox', tasks: found }], [found]);
  return (
    <>
      <ViewHead title={t.nav.inbox} note={found.length > 0 ? t.task.count(found.length) : undefined} />
      {loading ? <TasksToCome /> : <TaskList label={t.nav.inbox} groups={groups} place={place} />}
      {!loading && <AddLine defaults={{}} where={t.nav.inbox} />}
      {!loading && found.length === 0 && (
        <Empty title={t.empty.inbox} hint={t.empty.inboxHint}>
          <SampleOffer />
        </Empty>
      )}
    </>
  );
}
