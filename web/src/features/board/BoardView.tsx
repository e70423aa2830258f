import { useCallback, useLayoutEffect } from 'react';
import type { Place } from '../../app/locale';
import { IconPlus } from '../../app/icons';
import { setUi, showList } from '../../app/ui';
import type { Project, Task, TaskStatus } from '../../api/types';
import { useT } from '../../i18n';
import { lastingId } from '../../store/outbox';
import { DragArea, Draggable, DropPlace } from '../drag/DragArea';
import { setStatus } from '../tasks/commands';
import { TaskRow } from '../tasks/TaskRow';

const columns: TaskStatus[] = ['todo', 'in_progress', 'done', 'cancelled'];
const mostShown = 100;

export default function BoardView({ project, tasks, place }: { project: Project; tasks: readonly Task[]; place: Place }) {
  const t = useT();
  const placeName = useCallback((id: string) => t.task.statuses[id as TaskStatus], [t]);
  useLayoutEffect(() => {
    showList(columns.flatMap((status) => tasks.filter((task) => task.status === status).map((task) => task.id)), () => {});
    return () => showList([], () => {});
  }, [tasks]);
  return (
    <DragArea placeName={placeName} onDrop={(task, status) => setStatus(t, task, status as TaskStatus)}>
      <div className="board" tabIndex={0} role="region" aria-label={`${project.name}: ${t.views.board}`}>
        {columns.map((status) => {
          const found = tasks.filter((task) => task.status === status);
          return (
            <DropPlace key={status} id={status} className="column" label={t.task.statuses[status]}>
              <div className="column-head">
                <h2>{t.task.statuses[status]}</h2>
                <span className="nav-count">{found.length}</span>
              </div>
              {found.slice(0, mostShown).map((task) => (
                <Draggable key={lastingId(task.id)} task={task} className="card">
                  {(handle) => <TaskRow task={task} place={place} status={status} handle={handle} />}
                </Draggable>
              ))}
              {found.length > mostShown && <p className="more">{t.views.moreOn(found.length - mostShown)}</p>}
              {found.length === 0 && <p className="column-empty">{t.empty.column}</p>}
              {status === 'todo' && (
                <button type="button" className="add-line" onClick={() => setUi({ quick: { project: project.id } })}>
                  <IconPlus size={18} aria-hidden />
                  {t.task.add}
                </button>
              )}
            </DropPlace>
          );
        })}
      </div>
    </DragArea>
  );
}
