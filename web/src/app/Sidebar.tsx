import { ActionIcon, Button, Kbd, ScrollArea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import { signOut } from '../api/session';
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

function Item({ icon, label, count, hint, ...link }: { icon: ReactNode; label: string; count?: number; hint?: string } & LinkProps) {
  return (
    <Link {...link} className="nav-item" activeProps={{ className: 'nav-item active', 'aria-current': 'page' }} activeOptions={{ includeSearch: false }}>
      <span className="nav-icon" aria-hidden>
        {icon}
      </span>
      <span className="nav-label">{label}</span>
      {count ? (
        <span className="nav-count" aria-label={hint}>
          {count > 999 ? '999+' : count}
        </span>
      ) : null}
    </Link>
  );
}

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

export function Sidebar() {
  const t = useT();
  const user = useUser();
  const counts = useCounts();
  const inbox = useInboxId();
  const projects = useProjects();
  const unread = useQuery(notificationsQuery).data?.unread_count ?? 0;
  const own = [...projects.values()].filter((project) => !project.is_inbox);
  const archived = own.filter((project) => project.archived);
  const [allShown, setAllShown] = useState(false);
  const line = (project: Project) => (
    <Item
      key={project.id}
      icon={<IconHash size={size} color={project.color ?? undefined} />}
      label={project.name}
      count={counts.projects.get(project.id)}
      hint={t.task.count(counts.projects.get(project.id) ?? 0)}
      to="/app/project/$id"
      params={{ id: project.id }}
    />
  );
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
          <Item icon={<IconInbox size={size} />} label={t.nav.inbox} count={counts.projects.get(inbox)} hint={t.task.count(counts.projects.get(inbox) ?? 0)} to="/app/inbox" />
          <Item icon={<IconSun size={size} />} label={t.nav.today} count={counts.today} hint={t.task.count(counts.today)} to="/app/today" />
          <Item icon={<IconListDetails size={size} />} label={t.nav.upcoming} to="/app/upcoming" />
          <Item icon={<IconCalendarMonth size={size} />} label={t.nav.calendar} to="/app/calendar" />
          <Item icon={<IconSearch size={size} />} label={t.nav.search} to="/app/search" />
          <Item icon={<IconBell size={size} />} label={t.nav.notifications} count={unread} hint={t.notifications.unread(unread)} to="/app/notifications" />
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
        <Item icon={<IconTrash size={size} />} label={t.nav.trash} to="/app/trash" />
        <Item icon={<IconSettings size={size} />} label={t.nav.settings} to="/app/settings" />
        {user.role === 'administrator' && <Item icon={<IconShieldLock size={size} />} label={t.nav.administration} to="/app/administration" />}
        <button type="button" className="nav-item" onClick={() => void signOut()}>
          <span className="nav-icon" aria-hidden>
            <IconLogOut size={size} />
          </span>
          <span className="nav-label">{t.auth.signOut}</span>
        </button>
      </div>
    </>
  );
}
