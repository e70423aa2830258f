// Dragging a task to a place (a day, a column), with the pointer, a finger or the keyboard.
import { DndContext, DragOverlay, KeyboardSensor, PointerSensor, pointerWithin, rectIntersection, TouchSensor, useDraggable, useDroppable, useSensor, useSensors, type CollisionDetection, type DragEndEvent, type KeyboardCoordinateGetter } from '@dnd-kit/core';
import { useMemo, useState, type ReactNode } from 'react';
import { IconGripVertical } from '../../app/icons';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { taskNow } from '../tasks/actions';

interface Props {
  /** The name of a place, for those who listen. */
  placeName: (id: string) => string;
  onDrop: (task: Task, place: string) => void;
  children: ReactNode;
}

/** The arrow keys go from place to place: to the nearest in that direction. */
const toNextPlace: KeyboardCoordinateGetter = (event, { context }) => {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.code];
  const from = context.collisionRect;
  if (!step || !from) return undefined;
  event.preventDefault();
  const [dx = 0, dy = 0] = step;
  const here = context.over ? context.droppableRects.get(context.over.id) ?? from : from;
  const middle = (rect: { left: number; top: number; width: number; height: number }) => ({ x: rect.left + rect.width / 2, y: rect.top + Math.min(rect.height, 80) / 2 });
  const start = middle(here);
  let best: { x: number; y: number; far: number } | null = null;
  for (const container of context.droppableContainers.getEnabled()) {
    const rect = context.droppableRects.get(container.id);
    if (!rect || container.id === context.over?.id) continue;
    const end = middle(rect);
    const along = (end.x - start.x) * dx + (end.y - start.y) * dy;
    if (along < 4) continue;
    const far = along + 3 * Math.abs((end.x - start.x) * dy + (end.y - start.y) * dx);
    if (!best || far < best.far) best = { x: end.x, y: end.y, far };
  }
  return best ? { x: best.x - from.width / 2, y: best.y - Math.min(from.height, 80) / 2 } : undefined;
};

const underPointer: CollisionDetection = (input) => {
  const hits = pointerWithin(input);
  return hits.length > 0 ? hits : rectIntersection(input);
};

export function DragArea({ placeName, onDrop, children }: Props) {
  const t = useT();
  const [dragged, setDragged] = useState<Task | null>(null);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
    useSensor(KeyboardSensor, { coordinateGetter: toNextPlace, keyboardCodes: { start: ['Space'], cancel: ['Escape'], end: ['Space', 'Enter'] } }),
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
      collisionDetection={underPointer}
      accessibility={accessibility}
      onDragStart={({ active }) => setDragged(taskNow(String(active.id)) ?? null)}
      onDragCancel={() => setDragged(null)}
      onDragEnd={({ active, over }) => {
        setDragged(null);
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
