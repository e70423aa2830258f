// Every address of the page. `?task=…` opens a task over whatever view it stands in.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { InboxView } from '../features/tasks/InboxView';
import { settingsPart, type SettingsPart } from '../features/settings/parts';
import { TodayView } from '../features/tasks/TodayView';
import { Crashed, NotFound } from './Fallbacks';
import { Gate } from './Gate';

export interface SheetSearch {
  task?: string;
}

/** What looks like a number in an address is read as one. */
const text = (value: unknown): string | undefined => (/^(string|number|boolean)$/.test(typeof value) && value !== '' ? String(value) : undefined);

/** Undefined where no calendar has such a day. */
function realDay(value: unknown): string | undefined {
  const day = String(value);
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(day) : NaN;
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(day) ? day : undefined;
}

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
  validateSearch: (search: Record<string, unknown>): SheetSearch => ({ task: text(search['task']) }),
});

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/app/today' });
  },
});
const bare = createRoute({
  getParentRoute: () => root,
  path: '/app',
  beforeLoad: () => {
    throw redirect({ to: '/app/today' });
  },
});

const auth = () => import('../features/auth/pages');
const signIn = createRoute({ getParentRoute: () => root, path: '/app/sign-in', component: lazyRouteComponent(auth, 'SignInPage') });
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/app/sign-up',
  validateSearch: (search: Record<string, unknown>): { invitation?: string } => ({ invitation: text(search['invitation']) }),
  component: lazyRouteComponent(auth, 'SignUpPage'),
});
const forgot = createRoute({ getParentRoute: () => root, path: '/app/forgot-password', component: lazyRouteComponent(auth, 'ForgotPage') });
const reset = createRoute({ getParentRoute: () => root, path: '/app/reset-password', component: lazyRouteComponent(auth, 'ResetPage') });
const verify = createRoute({ getParentRoute: () => root, path: '/app/verify-email', component: lazyRouteComponent(auth, 'VerifyPage') });

const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Gate });
const inbox = createRoute({ getParentRoute: () => inside, path: '/app/inbox', component: InboxView });
const today = createRoute({ getParentRoute: () => inside, path: '/app/today', component: TodayView });
const upcoming = createRoute({
  getParentRoute: () => inside,
  path: '/app/upcoming',
  component: lazyRouteComponent(() => import('../features/upcoming/UpcomingView'), 'UpcomingView'),
});
const project = createRoute({
  getParentRoute: () => inside,
  path: '/app/project/$id',
  validateSearch: (search: Record<string, unknown>): { view?: 'board'; done?: true } => ({
    view: search['view'] === 'board' ? 'board' : undefined,
    done: search['done'] === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('../features/tasks/ProjectView'), 'ProjectView'),
});
const calendar = createRoute({
  getParentRoute: () => inside,
  path: '/app/calendar',
  validateSearch: (search: Record<string, unknown>): { view?: 'week'; day?: string } => ({
    view: search['view'] === 'week' ? 'week' : undefined,
    day: realDay(search['day']),
  }),
  component: lazyRouteComponent(() => import('../features/calendar/CalendarView'), 'CalendarView'),
});
const search = createRoute({
  getParentRoute: () => inside,
  path: '/app/search',
  validateSearch: (found: Record<string, unknown>): { q?: string } => ({ q: text(found['q']) }),
  component: lazyRouteComponent(() => import('../features/search/SearchView'), 'SearchView'),
});
const trash = createRoute({
  getParentRoute: () => inside,
  path: '/app/trash',
  component: lazyRouteComponent(() => import('../features/trash/TrashView'), 'TrashView'),
});
const notifications = createRoute({
  getParentRoute: () => inside,
  path: '/app/notifications',
  component: lazyRouteComponent(() => import('../features/notifications/NotificationsView'), 'NotificationsView'),
});
const settings = createRoute({
  getParentRoute: () => inside,
  path: '/app/settings',
  validateSearch: (search: Record<string, unknown>): { part?: SettingsPart } => ({ part: settingsPart(search['part']) }),
  component: lazyRouteComponent(() => import('../features/settings/SettingsView'), 'SettingsView'),
});
const administration = createRoute({
  getParentRoute: () => inside,
  path: '/app/administration',
  component: lazyRouteComponent(() => import('../features/admin/AdminView'), 'AdminView'),
});
const openTask = ({ params }: { params: { id: string } }) => {
  throw redirect({ to: '/app/inbox', search: { task: params.id } });
};
const task = createRoute({ getParentRoute: () => root, path: '/app/task/$id', beforeLoad: openTask });
/** What notifications and mails link to. */
const taskLink = createRoute({ getParentRoute: () => root, path: '/app/tasks/$id', beforeLoad: openTask });
const settingsLink = createRoute({
  getParentRoute: () => root,
  path: '/app/settings/$part',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/app/settings', search: { part: settingsPart(params.part) } });
  },
});

const tree = root.addChildren([
  home,
  bare,
  signIn,
  signUp,
  forgot,
  reset,
  verify,
  task,
  taskLink,
  settingsLink,
  inside.addChildren([inbox, today, upcoming, project, calendar, search, trash, notifications, settings, administration]),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: 'intent', scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
