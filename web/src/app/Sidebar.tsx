import { ActionIcon, Button, Kbd, ScrollArea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { memo, useMemo, useState, type ComponentType } from 'react';
import { notificationsQuery } from '../features/notifications/query';
import { dueOf } from '../features/tasks/due';
import { isOpen } from '../features/tasks/order';
import { useT } from '../i18n';
import type { Project } from '../api/types';
import { useInboxId, useProjects, useTasks, useUser } from '../store/hooks';
import { IconArchive, IconBell, IconCalendarMonth, IconHash, IconInbox, IconListDetails, IconLogOut, IconPlus, IconSearch, IconSettings, IconShieldLock, IconSun, IconTrash } from './icons';
import { usePlace } from './locale';
import { setUi } from './ui';

const size = 19;
const activeProps = { className: 'nav-item active', 'aria-current': 'page' } as const;
const activeOptions = { includeSearch: false };

interface ItemProps extends LinkProps {
  icon: ComponentType<{ size: number; color?: string | undefined }>;
  color?: string | undefined;
  label: string;
  count?: number | undefined;
  hint?: string;
}

/** The counts change with every task; what stays is not drawn again. */
const Item = memo(function Item({ icon: Icon, color, label, count, hint, ...link }: ItemProps) {
  return (
    <Link {...link} className="nav-item" activeProps={activeProps} activeOptions={activeOptions}>
      <span className="nav-icon" aria-hidden>
        <Icon size={size} color={color} />
      </span>
      <span className="nav-label">{label}</span>
      {count ? (
        <span className="nav-count" aria-label={hint}>
          {count > 999 ? '999+' : count}
        </span>
      ) : null}
    </Link>
  );
});

const ProjectItem = memo(function ProjectItem({ project, count = 0 }: { project: Project; count?: number | undefined }) {
  const params = useMemo(() => ({ id: project.id }), [project.id]);
  return <Item icon={IconHash} color={project.color ?? undefined} label={project.name} count={count} hint={useT().task.count(count)} to="/app/project/$id" params={params} />;
});

function useCounts() {
  const { tasks } = useTasks();
  const { zone, today } = usePlace();
  return useMemo(() => {
    const counts = { today: 0, projects: new Map<string, number>() };
    for (const task of tasks.values()) {
      if (!isOpen(task)) continue;
      counts.projects.set(task.project_id, (counts.projects.get(task.project_id) ?? 0) + 1);
      const due = dueOf(task, zone);
      if (due && due.day <= today) counts.today++;
    }
    return counts;
  }, [tasks, zone, today]);
}

export const Sidebar = memo(function Sidebar() {
  const t = useT();
  const user = useUser();
  const counts = useCounts();
  const inbox = useInboxId();
  const projects = useProjects();
  const unread = useQuery(notificationsQuery).data?.unread_count ?? 0;
  const own = [...projects.values()].filter((project) => !project.is_inbox);
  const archived = own.filter((project) => project.archived);
  const [allShown, setAllShown] = useState(false);
  const line = (project: Project) => <ProjectItem key={project.id} project={project} count={counts.projects.get(project.id)} />;
  return (
    <>
      <div className="sidebar-head">
        <img src="/favicon.svg" alt="" width={26} height={26} />
        <span>{user.name ?? t.name}</span>
      </div>
      <Button className="sidebar-add" variant="light" justify="flex-start" leftSection={<IconPlus size={18} />} rightSection={<Kbd size="xs">q</Kbd>} onClick={() => setUi({ quick: {} })}>
        {t.task.add}
      </Button>
      <ScrollArea className="sidebar-scroll" type="auto" viewportProps={{ tabIndex: -1 }}>
        <div>
          <Item icon={IconInbox} label={t.nav.inbox} count={counts.projects.get(inbox)} hint={t.task.count(counts.projects.get(inbox) ?? 0)} to="/app/inbox" />
          <Item icon={IconSun} label={t.nav.today} count={counts.today} hint={t.task.count(counts.today)} to="/app/today" />
          <Item icon={IconListDetails} label={t.nav.upcoming} to="/app/upcoming" />
          <Item icon={IconCalendarMonth} label={t.nav.calendar} to="/app/calendar" />
          <Item icon={IconSearch} label={t.nav.search} to="/app/search" />
          <Item icon={IconBell} label={t.nav.notifications} count={unread} hint={t.notifications.unread(unread)} to="/app/notifications" />
          <div className="nav-heading">
            <h2>{t.nav.projects}</h2>
            <ActionIcon variant="subtle" color="gray" aria-label={t.nav.newProject} onClick={() => setUi({ project: 'new' })}>
              <IconPlus size={17} />
            </ActionIcon>
          </div>
          {own.filter((project) => !project.archived).map(line)}
          {own.length === 0 && <p className="nav-none">{t.project.none}</p>}
          {archived.length > 0 && (
            <button type="button" className="nav-item quiet" aria-expanded={allShown} onClick={() => setAllShown(!allShown)}>
              <span className="nav-icon" aria-hidden>
                <IconArchive size={size} />
              </span>
              <span className="nav-label">{t.project.inArchive}</span>
              <span className="nav-count">{archived.length}</span>
            </button>
          )}
          {allShown && archived.map(line)}
        </div>
      </ScrollArea>
      <div className="sidebar-foot" role="group" aria-label={t.nav.account}>
        <Item icon={IconTrash} label={t.nav.trash} to="/app/trash" />
        <Item icon={IconSettings} label={t.nav.settings} to="/app/settings" />
        {user.role === 'administrator' && <Item icon={IconShieldLock} label={t.nav.administration} to="/app/administration" />}
        <button type="button" className="nav-item" onClick={() => setUi({ leaving: true })}>
          <span className="nav-icon" aria-hidden>
            <IconLogOut size={size} />
          </span>
          <span className="nav-label">{t.auth.signOut}</span>
        </button>
      </div>
    </>
  );
});
