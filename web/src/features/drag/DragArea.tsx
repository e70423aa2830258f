// Dragging a task to a place (a day, a column), with the pointer, a finger or the keyboard.
import { DndContext, DragOverlay, PointerSensor, pointerWithin, rectIntersection, TouchSensor, useDraggable, useDroppable, useSensor, useSensors, type CollisionDetection, type DragEndEvent, type UniqueIdentifier } from '@dnd-kit/core';
import { useMemo, useRef, useState, type ReactNode } from 'react';
import { IconGripVertical } from '../../app/icons';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { taskNow } from '../tasks/actions';
import { KeyboardCarry } from './KeyboardCarry';

interface Props {
  /** The name of a place, for those who listen. */
  placeName: (id: string) => string;
  onDrop: (task: Task, place: string) => void;
  children: ReactNode;
}

const underPointer: CollisionDetection = (input) => {
  const hits = pointerWithin(input);
  return hits.length > 0 ? hits : rectIntersection(input);
};
const keyboardCodes = { start: ['Space'], cancel: ['Escape'], end: ['Space', 'Enter'] };

export function DragArea({ placeName, onDrop, children }: Props) {
  const t = useT();
  const [dragged, setDragged] = useState<Task | null>(null);
  const carriedTo = useRef<UniqueIdentifier | null>(null);
  const detect: CollisionDetection = (input) => (carriedTo.current === null ? underPointer(input) : [{ id: carriedTo.current }]);
  const ended = () => {
    carriedTo.current = null;
    setDragged(null);
  };
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
    useSensor(KeyboardCarry, { keyboardCodes, place: carriedTo }),
  );
  const accessibility = useMemo(() => {
    const title = (id: string | number) => taskNow(String(id))?.title ?? '';
    return {
      screenReaderInstructions: { draggable: t.views.drag },
      announcements: {
        onDragStart: ({ active }: { active: { id: string | number } }) => t.views.picked(title(active.id)),
        onDragOver: ({ active, over }: Pick<DragEndEvent, 'active' | 'over'>) => (over ? t.views.over(title(active.id), placeName(String(over.id))) : undefined),
        onDragEnd: ({ active, over }: Pick<DragEndEvent, 'active' | 'over'>) =>
          over ? t.views.dropped(title(active.id), placeName(String(over.id))) : t.views.cancelled(title(active.id)),
        onDragCancel: ({ active }: Pick<DragEndEvent, 'active'>) => t.views.cancelled(title(active.id)),
      },
    };
  }, [t, placeName]);
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={detect}
      accessibility={accessibility}
      onDragStart={({ active }) => setDragged(taskNow(String(active.id)) ?? null)}
      onDragCancel={ended}
      onDragEnd={({ active, over }) => {
        ended();
        const task = taskNow(String(active.id));
        if (task && over) onDrop(task, String(over.id));
      }}
    >
      {children}
      <DragOverlay dropAnimation={null}>{dragged && <div className="dragged">{dragged.title}</div>}</DragOverlay>
    </DndContext>
  );
}

export function DropPlace({ id, className, label, children }: { id: string; className: string; label?: string; children: ReactNode }) {
  const { setNodeRef, isOver } = useDroppable({ id });
  return (
    <div ref={setNodeRef} className={className} data-over={isOver || undefined} data-place={id} {...(label ? { role: 'group', 'aria-label': label } : {})}>
      {children}
    </div>
  );
}

/** `children` is dragged as a whole by the pointer; the keyboard uses the handle that it is given. */
export function Draggable({ task, children, className }: { task: Task; children: (handle: ReactNode) => ReactNode; className?: string }) {
  const t = useT();
  const { setNodeRef, attributes, listeners, isDragging } = useDraggable({ id: task.id });
  const { onKeyDown, ...pointer } = (listeners ?? {}) as Record<string, (event: never) => void>;
  const handle = (
    <button
      type="button"
      className="grip"
      {...attributes}
      aria-label={t.task.move(task.title)}
      onKeyDown={onKeyDown as React.KeyboardEventHandler | undefined}
    >
      <IconGripVertical size={16} aria-hidden />
    </button>
  );
  return (
    <div ref={setNodeRef} className={className} data-dragging={isDragging || undefined} {...pointer}>
      {children(handle)}
    </div>
  );
}
