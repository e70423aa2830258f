import { Button, Group, Modal, Table, Text } from '@mantine/core';
import { usePlace } from '../../app/locale';
import { tellUndoable } from '../../app/toast';
import { useReturnFocus } from '../../app/useReturnFocus';
import type { Project, Task } from '../../api/types';
import { useT } from '../../i18n';
import { contested, type Edit, type Fields } from '../../store/edits';
import { useProjects } from '../../store/hooks';
import { settle } from '../../store/outbox';
import { changeProject, changeTask } from './actions';
import { serverItem } from '../../store/server';
import { dueOf } from './due';
import { dueText } from './dueText';

/** Both versions of what two people, or two devices, changed; the person chooses. */
export default function ConflictDialog({ edit }: { edit: Edit }) {
  useReturnFocus();
  const t = useT();
  const place = usePlace();
  const projects = useProjects();
  const current = serverItem(edit.resource, edit.id) as (Task | Project) | undefined;
  const fields = (current ?? {}) as Fields;
  const names: Record<string, string> = {
    title: t.task.title, description: t.task.description, status: t.task.status, priority: t.task.priority, due: t.task.due,
    labels: t.task.labels, project_id: t.task.project, name: t.project.name, color: t.project.color, archived: t.project.archive,
  };
  const words = (name: string, source: Fields): string => {
    const value = source[name];
    if (value === null || value === undefined || value === '') return t.conflict.empty;
    if (name === 'due') {
      const due = dueOf({ due: String(value), timezone: (source['timezone'] as string | null) ?? place.zone }, place.zone);
      return due ? dueText(t, due, place) : t.conflict.empty;
    }
    if (name === 'status') return t.task.statuses[value as Task['status']];
    if (name === 'priority') return t.task.priorities[value as Task['priority']];
    if (name === 'project_id') return projects.get(String(value))?.name ?? String(value);
    return Array.isArray(value) ? value.join(', ') || t.conflict.empty : String(value);
  };
  const takeTheirs = async () => {
    await settle(edit, 'theirs');
    // What was written here is nowhere else.
    tellUndoable(t, t.conflict.taken, () => (edit.resource === 'task' ? changeTask(edit.id, edit.body) : changeProject(edit.id, edit.body)));
  };
  const title = current ? ('title' in current ? current.title : current.name) : '';
  return (
    <Modal opened onClose={() => {}} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title={t.conflict.title} size="lg">
      {/* Not a button: it may come up under the hands of somebody who types. */}
      <Text size="sm" mb="md" tabIndex={-1} data-autofocus style={{ outline: 'none' }}>
        {t.conflict.intro(title)}
      </Text>
      <Table layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.conflict.member}</Table.Th>
            <Table.Th>{t.conflict.mine}</Table.Th>
            <Table.Th>{t.conflict.theirs}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {contested(edit, fields).map((name) => (
            <Table.Tr key={name}>
              <Table.Th>{names[name] ?? name}</Table.Th>
              <Table.Td className="conflict-text">{words(name, { ...fields, ...edit.body })}</Table.Td>
              <Table.Td className="conflict-text">{words(name, fields)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={() => void takeTheirs()}>
          {t.conflict.takeTheirs}
        </Button>
        <Button onClick={() => void settle(edit, 'mine')}>
          {t.conflict.keepMine}
        </Button>
      </Group>
    </Modal>
  );
}
