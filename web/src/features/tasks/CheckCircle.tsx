import { IconCheck } from '../../app/icons';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { isOpen } from './order';

export function CheckCircle({ task, onToggle }: { task: Task; onToggle: () => void }) {
  const t = useT();
  const open = isOpen(task);
  const words = open ? t.task.complete(task.title) : t.task.reopen(task.title);
  const priority = task.priority === 'none' ? '' : `, ${t.task.priorities[task.priority]}`;
  return (
    <button type="button" className="check" data-priority={task.priority} data-done={!open || undefined} aria-label={words + priority} onClick={onToggle}>
      <span>
        <IconCheck size={13} stroke={3} aria-hidden />
      </span>
    </button>
  );
}
