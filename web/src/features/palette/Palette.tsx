import { Combobox, Kbd, Modal, TextInput, useCombobox } from '@mantine/core';
import { useMemo, useState } from 'react';
import { setUi } from '../../app/ui';
import { useReturnFocus } from '../../app/useReturnFocus';
import { useT } from '../../i18n';
import { useTasks } from '../../store/hooks';
import { matches } from '../search/matches';
import { openTask } from '../tasks/commands';
import { isOpen } from '../tasks/order';
import { useCommands, type Command } from './useCommands';

const mostTasks = 8;

export default function Palette() {
  useReturnFocus();
  const t = useT();
  const commands = useCommands();
  const { tasks } = useTasks();
  const [text, setText] = useState('');
  const close = () => setUi({ palette: false });
  const combobox = useCombobox({ opened: true, onDropdownClose: close });
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = commands.filter((command) => words.every((word) => command.label.toLowerCase().includes(word)));
    if (words.length === 0) return fitting.filter((command) => !command.rare);
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
    <Modal opened onClose={close} withCloseButton={false} yOffset="12vh" size="lg" padding={0} title={t.palette.title} classNames={{ header: 'visually-hidden' }}>
      <Combobox store={combobox} onOptionSubmit={run} withinPortal={false}>
        <Combobox.EventsTarget>
          <TextInput
            data-autofocus
            autoFocus
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
              <span>
                {command.label}
                {command.on && <span className="palette-on"> · {command.on}</span>}
              </span>
              {command.key && <Kbd size="xs">{command.key}</Kbd>}
            </Combobox.Option>
          ))}
          {found.length === 0 && <Combobox.Empty>{t.palette.nothing}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox>
    </Modal>
  );
}
