import { ActionIcon, AppShell, Burger, Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useRouterState, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, type MouseEvent } from 'react';
import { useT } from '../i18n';
import { useEdits } from '../store/hooks';
import { lastingId } from '../store/outbox';
import { BulkActions, BulkBar } from '../features/tasks/BulkBar';
import { apart } from './apart';
import { ConnectionBar } from './ConnectionBar';
import { IconPlus, IconSearch } from './icons';
import { Sidebar } from './Sidebar';
import { clearSelection, setUi, useUi } from './ui';
import { useKeys } from './useKeys';
import { useLive } from './useLive';
import { useRefusals } from './useRefusals';

const TaskSheet = apart(() => import('../features/tasks/TaskSheet'));
const QuickAdd = apart(() => import('../features/quickadd/QuickAdd'));
const Palette = apart(() => import('../features/palette/Palette'));
const KeyHelp = lazy(() => import('../features/palette/KeyHelp'));
const SignOut = apart(() => import('./SignOut'));
const ProjectDialog = lazy(() => import('../features/tasks/ProjectDialog'));
const Refused = lazy(() => import('../features/tasks/Refused'));
const ConflictDialog = lazy(() => import('../features/tasks/ConflictDialog'));

export function Shell() {
  const t = useT();
  const [opened, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useKeys();
  useLive();
  useRefusals();
  // Whoever presses q or Ctrl-K types on at once, and a task opens under the hand: they have to be there.
  useEffect(() => {
    const timer = setTimeout(() => [QuickAdd, Palette, TaskSheet, BulkActions, SignOut].forEach((part) => part.prepare()), 1_500);
    return () => clearTimeout(timer);
  }, []);
  // Also the view that is open already.
  const chosen = (event: MouseEvent<HTMLElement>) => void (event.target instanceof Element && event.target.closest('a') && close());
  useEffect(() => {
    close();
    clearSelection();
  }, [path, close]);
  return (
    <AppShell navbar={{ width: 264, breakpoint: 'sm', collapsed: { mobile: !opened } }} header={{ height: { base: 52, sm: 0 } }} padding={0} transitionDuration={150}>
      <a className="skip" href="#content">
        {t.skip}
      </a>
      <AppShell.Header className="topbar" hiddenFrom="sm" withBorder={false}>
        <Burger opened={opened} onClick={toggle} size="sm" aria-label={opened ? t.nav.shut : t.nav.open} />
        <span className="topbar-name">{t.name}</span>
        <ActionIcon variant="subtle" color="gray" size={44} aria-label={t.palette.title} onClick={() => setUi({ palette: true })}>
          <IconSearch size={20} />
        </ActionIcon>
      </AppShell.Header>
      <AppShell.Navbar className="sidebar" withBorder={false} aria-label={t.main} onClick={chosen}>
        <Sidebar />
      </AppShell.Navbar>
      <AppShell.Main className="main" id="content" tabIndex={-1}>
        <ConnectionBar />
        <div className="page">
          <Outlet />
        </div>
        <BulkBar />
      </AppShell.Main>
      <Button className="fab" hiddenFrom="sm" radius="xl" size="lg" aria-label={t.task.add} title={`${t.task.add} (q)`} onClick={() => setUi({ quick: {} })}>
        <IconPlus size={22} />
      </Button>
      <Over />
    </AppShell>
  );
}

/** What opens over a view. Apart, so that the rest is not drawn again with it. */
function Over() {
  const ui = useUi();
  const task = useSearch({ strict: false, select: (search) => search.task });
  const conflict = useEdits().find((edit) => edit.conflict);
  return (
    <Suspense fallback={null}>
      {task && <TaskSheet key={lastingId(task)} id={task} />}
      {ui.quick && <QuickAdd defaults={ui.quick} />}
      {ui.palette && <Palette />}
      {ui.help && <KeyHelp />}
      {ui.refused && <Refused />}
      {ui.leaving && <SignOut />}
      {ui.project && <ProjectDialog key={ui.project} id={ui.project} />}
      {conflict && <ConflictDialog key={conflict.key} edit={conflict} />}
    </Suspense>
  );
}
