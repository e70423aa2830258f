import { Combobox, Kbd, Modal, TextInput, useCombobox, useMantineColorScheme } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { signOut } from '../../api/session';
import { undo } from '../../app/toast';
import { clearSelection, getUi, setUi } from '../../app/ui';
import { useT } from '../../i18n';
import { useProjects, useTasks, useUser } from '../../store/hooks';
import { matches } from '../search/matches';
import { completeMany, openTask, trashMany } from '../tasks/commands';
import { isOpen } from '../tasks/order';

interface Command {
  id: string;
  label: string;
  key?: string;
  run: () => void;
}

const mostTasks = 8;

export default function Palette() {
  const t = useT();
  const commands = useCommands();
  const { tasks } = useTasks();
  const [text, setText] = useState('');
  const close = () => setUi({ palette: false });
  const combobox = useCombobox({ opened: true, onDropdownClose: close });
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = commands.filter((command) => words.every((word) => command.label.toLowerCase().includes(word)));
    if (!text.trim()) return fitting;
    const hits: Command[] = [];
    for (const task of tasks.values()) {
      if (!isOpen(task) || !matches(task, text)) continue;
      hits.push({ id: `task ${task.id}`, label: task.title, run: () => openTask(task.id) });
      if (hits.length === mostTasks) break;
    }
    return [...fitting, ...hits];
  }, [commands, tasks, text]);
  const run = (id: string) => {
    close();
    found.find((command) => command.id === id)?.run();
  };
  return (
    <Modal opened onClose={close} withCloseButton={false} yOffset="12vh" size="lg" padding={0} title={t.palette.title} classNames={{ header: 'visually-hidden' }} returnFocus>
      <Combobox store={combobox} onOptionSubmit={run} withinPortal={false}>
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            size="lg"
            variant="unstyled"
            px="md"
            aria-label={t.palette.title}
            placeholder={t.palette.placeholder}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              combobox.selectFirstOption();
            }}
          />
        </Combobox.EventsTarget>
        <Combobox.Options className="palette" tabIndex={0} aria-label={t.palette.title}>
          {found.map((command) => (
            <Combobox.Option key={command.id} value={command.id} className="palette-item">
              <span>{command.label}</span>
              {command.key && <Kbd size="xs">{command.key}</Kbd>}
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>{t.palette.nothing}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox>
    </Modal>
  );
}

function useCommands(): Command[] {
  const t = useT();
  const navigate = useNavigate();
  const projects = useProjects();
  const user = useUser();
  const { setColorScheme } = useMantineColorScheme();
  return useMemo(() => {
    const go = (label: string, to: '/app/inbox' | '/app/today' | '/app/upcoming' | '/app/calendar' | '/app/search' | '/app/notifications' | '/app/trash' | '/app/settings' | '/app/administration', key?: string): Command => ({
      id: to,
      label: t.palette.go(label),
      key,
      run: () => void navigate({ to }),
    });
    const all: Command[] = [];
    const selected = [...getUi().selected];
    if (selected.length > 0) {
      const of = ` (${t.bulk.selected(selected.length)})`;
      all.push({ id: 'bulk-complete', label: t.bulk.complete + of, key: 'e', run: () => completeMany(t, selected) });
      all.push({ id: 'bulk-trash', label: t.bulk.trash + of, key: 'Del', run: () => trashMany(t, selected) });
      all.push({ id: 'bulk-clear', label: t.bulk.clear, key: 'Esc', run: () => void clearSelection() });
    }
    all.push(
      { id: 'add', label: t.task.add, key: 'q', run: () => setUi({ quick: {} }) },
      { id: 'project', label: t.project.create, run: () => setUi({ newProject: true }) },
      go(t.nav.inbox, '/app/inbox', 'g i'),
      go(t.nav.today, '/app/today', 'g t'),
      go(t.nav.upcoming, '/app/upcoming', 'g u'),
      go(t.nav.calendar, '/app/calendar', 'g c'),
      go(t.nav.search, '/app/search', '/'),
      go(t.nav.notifications, '/app/notifications', 'g n'),
      go(t.nav.trash, '/app/trash'),
      go(t.nav.settings, '/app/settings', 'g s'),
    );
    if (user.role === 'administrator') all.push(go(t.nav.administration, '/app/administration'));
    for (const project of projects.values()) {
      if (project.is_inbox) continue;
      all.push({ id: project.id, label: t.palette.go(`#${project.name}`), run: () => void navigate({ to: '/app/project/$id', params: { id: project.id } }) });
    }
    for (const scheme of ['light', 'dark', 'auto'] as const) {
      all.push({ id: scheme, label: t.palette.theme(t.settings.themes[scheme]), run: () => setColorScheme(scheme) });
    }
    all.push(
      { id: 'undo', label: t.keyboard.undo, key: 'Ctrl Z', run: undo },
      { id: 'keys', label: t.keyboard.title, key: '?', run: () => setUi({ help: true }) },
      { id: 'out', label: t.auth.signOut, run: () => void signOut() },
    );
    return all;
  }, [t, navigate, projects, user.role, setColorScheme]);
}
