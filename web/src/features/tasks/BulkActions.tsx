import { ActionIcon, Button, Menu } from '@mantine/core';
import { memo } from 'react';
import { IconCalendarWeek, IconCheck, IconFlag, IconFolder, IconTrash, IconX } from '../../app/icons';
import { usePlace } from '../../app/locale';
import { clearSelection, selectedTasks, useSelectedCount } from '../../app/ui';
import { useT } from '../../i18n';
import { useProjects } from '../../store/hooks';
import { changeMany, completeMany, setDay, trashMany } from './commands';
import { addDays, nextMonday } from './due';
import { priorities } from './order';

/** Drawn once: the selection may grow with every key. */
export default memo(function BulkActions() {
  const t = useT();
  const place = usePlace();
  const projects = useProjects();
  const days: [string, string | null][] = [
    [t.day.today, place.today],
    [t.day.tomorrow, addDays(place.today, 1)],
    [t.day.nextWeek, nextMonday(place.today)],
    [t.day.none, null],
  ];
  return (
    <div className="bulk" role="toolbar" aria-label={t.bulk.title}>
      <Count />
      <Button variant="subtle" leftSection={<IconCheck size={17} />} aria-label={t.bulk.complete} onClick={() => completeMany(t, selectedTasks())}>
        <span className="wide">{t.bulk.complete}</span>
      </Button>
      <Menu withinPortal>
        <Menu.Target>
          <Button variant="subtle" leftSection={<IconCalendarWeek size={17} />} aria-label={t.bulk.due}>
            <span className="wide">{t.bulk.due}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {days.map(([label, day]) => (
            <Menu.Item key={label} onClick={() => setDay(t, selectedTasks(), day, place.zone)}>
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu withinPortal>
        <Menu.Target>
          <Button variant="subtle" leftSection={<IconFlag size={17} />} aria-label={t.bulk.priority}>
            <span className="wide">{t.bulk.priority}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {priorities.map((priority) => (
            <Menu.Item key={priority} onClick={() => changeMany(t, selectedTasks(), () => ({ priority }))}>
              {t.task.priorities[priority]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu withinPortal>
        <Menu.Target>
          <Button variant="subtle" leftSection={<IconFolder size={17} />} aria-label={t.bulk.move}>
            <span className="wide">{t.bulk.move}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
          {[...projects.values()]
            .filter((project) => !project.archived)
            .map((project) => (
              <Menu.Item key={project.id} onClick={() => changeMany(t, selectedTasks(), () => ({ project_id: project.id }))}>
                {project.is_inbox ? t.nav.inbox : project.name}
              </Menu.Item>
            ))}
        </Menu.Dropdown>
      </Menu>
      <Button variant="subtle" color="red" leftSection={<IconTrash size={17} />} aria-label={t.bulk.trash} onClick={() => trashMany(t, selectedTasks())}>
        <span className="wide">{t.bulk.trash}</span>
      </Button>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t.bulk.clear} onClick={clearSelection}>
        <IconX size={18} />
      </ActionIcon>
    </div>
  );
});

function Count() {
  return (
    <span className="bulk-count" role="status">
      {useT().bulk.selected(useSelectedCount())}
    </span>
  );
}
