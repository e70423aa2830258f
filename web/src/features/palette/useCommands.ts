// Everything that can be done, as lines of the palette. What concerns tasks acts on the selection, else on the open
// task, else on the one that had the focus.
import { useMantineColorScheme } from '@mantine/core';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { focusedTask } from '../../app/listFocus';
import { usePlace } from '../../app/locale';
import { undo } from '../../app/toast';
import { clearSelection, listOrder, select, selectedTasks, setUi } from '../../app/ui';
import type { Task, TaskStatus } from '../../api/types';
import { languages, useSpoken } from '../../i18n';
import { useProjects, useTasks, useUser } from '../../store/hooks';
import { settingsParts } from '../settings/parts';
import { archive, changeMany, completeMany, copyLink, openTask, removeProject, setDay, trashMany } from '../tasks/commands';
import { addDays, nextMonday, weekendOf } from '../tasks/due';
import { isOpen, priorities } from '../tasks/order';
import { makeSample } from '../tasks/sample';

export interface Command {
  id: string;
  label: string;
  /** What it acts on. */
  on?: string;
  key?: string;
  /** Listed only when something is typed. */
  rare?: boolean;
  run: () => void;
}

const places = [
  ['inbox', '/app/inbox', 'g i'],
  ['today', '/app/today', 'g t'],
  ['upcoming', '/app/upcoming', 'g u'],
  ['calendar', '/app/calendar', 'g c'],
  ['search', '/app/search', '/'],
  ['notifications', '/app/notifications', 'g n'],
  ['trash', '/app/trash', undefined],
  ['settings', '/app/settings', 'g s'],
] as const;

export function useCommands(): Command[] {
  const forTasks = useTaskCommands();
  const forProject = useProjectCommands();
  const general = useGeneralCommands();
  return useMemo(() => [...forTasks, ...forProject, ...general], [forTasks, forProject, general]);
}

function useTaskCommands(): Command[] {
  const { t } = useSpoken();
  const place = usePlace();
  const projects = useProjects();
  const { tasks } = useTasks();
  const { task: opened } = useSearch({ strict: false });
  // The palette takes the focus; what had it before counts.
  const [focused] = useState(focusedTask);
  return useMemo(() => {
    const selected = selectedTasks();
    const one = opened ?? focused;
    const ids = selected.length > 0 ? selected : one && tasks.has(one) ? [one] : [];
    const first = ids[0];
    const all: Command[] = [];
    if (first !== undefined) {
      const on = selected.length > 0 ? t.bulk.selected(ids.length) : (tasks.get(first)?.title ?? '');
      const act = (id: string, label: string, run: () => void, key?: string, rare?: boolean) => all.push({ id: `tasks ${id}`, label, on, run, ...(key ? { key } : {}), ...(rare ? { rare } : {}) });
      const open = ids.some((id) => tasks.get(id) && isOpen(tasks.get(id) as Task));
      if (open) act('complete', t.bulk.complete, () => completeMany(t, ids), 'e');
      if (ids.length === 1 && first !== opened) act('open', t.keyboard.open, () => openTask(first), 'Enter');
      const days: [string, string | null, string?][] = [
        [t.day.today, place.today, 't'],
        [t.day.tomorrow, addDays(place.today, 1), 'm'],
        [t.day.weekend, weekendOf(place.today)],
        [t.day.nextWeek, nextMonday(place.today)],
        [t.day.none, null],
      ];
      for (const [name, day, key] of days) act(`due ${name}`, t.palette.due(name), () => setDay(t, ids, day, place.zone), key, !key);
      priorities.forEach((priority, index) => act(priority, t.palette.priority(t.task.priorities[priority]), () => changeMany(t, ids, () => ({ priority })), String(index + 1), true));
      for (const status of ['todo', 'in_progress', 'cancelled'] satisfies TaskStatus[]) act(status, t.palette.status(t.task.statuses[status]), () => changeMany(t, ids, () => ({ status })), undefined, true);
      for (const project of projects.values()) {
        if (!project.archived) act(`to ${project.id}`, t.palette.move(project.is_inbox ? t.nav.inbox : project.name), () => changeMany(t, ids, () => ({ project_id: project.id })), undefined, true);
      }
      if (ids.length === 1) act('copy', t.task.copyLink, () => void copyLink(t, first), undefined, true);
      act('trash', t.task.toTrash, () => trashMany(t, ids), 'Del');
      if (selected.length > 0) all.push({ id: 'clear', label: t.bulk.clear, key: 'Esc', run: () => void clearSelection() });
    }
    if (listOrder().length > 0) all.push({ id: 'select all', label: t.keyboard.all, key: 'Ctrl A', rare: true, run: () => select(listOrder()) });
    return all;
  }, [t, place, projects, tasks, opened, focused]);
}

function useProjectCommands(): Command[] {
  const { t } = useSpoken();
  const navigate = useNavigate();
  const projects = useProjects();
  const { id } = useParams({ strict: false });
  const project = id ? projects.get(id) : undefined;
  return useMemo(() => {
    if (!project) return [];
    const show = (search: { view?: 'board'; done?: true }) => () => void navigate({ to: '/app/project/$id', params: { id: project.id }, search });
    const on = project.name;
    return [
      { id: 'list', label: t.views.list, on, run: show({}) },
      { id: 'board', label: t.views.board, on, run: show({ view: 'board' }) },
      { id: 'done', label: t.views.showDone, on, rare: true, run: show({ done: true }) },
      { id: 'edit project', label: t.project.edit, on, run: () => setUi({ project: project.id }) },
      { id: 'archive project', label: project.archived ? t.project.unarchive : t.project.archive, on, rare: true, run: () => archive(t, project, !project.archived) },
      { id: 'trash project', label: t.project.remove, on, rare: true, run: () => removeProject(t, project) },
    ];
  }, [t, navigate, project]);
}

function useGeneralCommands(): Command[] {
  const { t, speak } = useSpoken();
  const navigate = useNavigate();
  const projects = useProjects();
  const user = useUser();
  const { setColorScheme } = useMantineColorScheme();
  return useMemo(() => {
    const all: Command[] = [
      { id: 'add', label: t.task.add, key: 'q', run: () => setUi({ quick: {} }) },
      { id: 'project', label: t.project.create, run: () => setUi({ project: 'new' }) },
    ];
    for (const [name, to, key] of places) all.push({ id: to, label: t.palette.go(t.nav[name]), run: () => void navigate({ to }), ...(key ? { key } : {}) });
    if (user.role === 'administrator') all.push({ id: 'administration', label: t.palette.go(t.nav.administration), run: () => void navigate({ to: '/app/administration' }) });
    for (const project of projects.values()) {
      if (!project.is_inbox) all.push({ id: project.id, label: t.palette.go(`#${project.name}`), run: () => void navigate({ to: '/app/project/$id', params: { id: project.id } }) });
    }
    for (const view of ['month', 'week'] as const) {
      all.push({ id: view, label: `${t.nav.calendar}: ${t.views[view]}`, rare: true, run: () => void navigate({ to: '/app/calendar', search: view === 'week' ? { view } : {} }) });
    }
    for (const part of settingsParts) {
      all.push({ id: `settings ${part}`, label: `${t.nav.settings}: ${t.settings[part]}`, rare: true, run: () => void navigate({ to: '/app/settings', search: part === 'profile' ? {} : { part } }) });
    }
    for (const scheme of ['light', 'dark', 'auto'] as const) {
      all.push({ id: scheme, label: t.palette.theme(t.settings.themes[scheme]), rare: true, run: () => setColorScheme(scheme) });
    }
    for (const { value, label } of languages) all.push({ id: value, label: t.palette.language(label), rare: true, run: () => speak(value) });
    all.push(
      { id: 'sample', label: t.empty.sample, rare: true, run: () => void navigate({ to: '/app/project/$id', params: { id: makeSample(t) } }) },
      { id: 'undo', label: t.keyboard.undo, key: 'Ctrl Z', run: undo },
      { id: 'keys', label: t.keyboard.title, key: '?', run: () => setUi({ help: true }) },
      { id: 'out', label: t.auth.signOut, run: () => setUi({ leaving: true }) },
    );
    return all;
  }, [t, speak, navigate, projects, user.role, setColorScheme]);
}
