import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Place } from '../../app/locale';
import { showList } from '../../app/ui';
import type { Project, Task } from '../../api/types';
import { lastingId } from '../../store/outbox';
import { TaskRow } from './TaskRow';

export interface Group {
  id: string;
  title?: string;
  /** Where the group is a day's: its tasks need not say so again. */
  day?: string;
  aside?: ReactNode;
  tasks: readonly Task[];
  /** Shown where the group has no tasks. */
  empty?: ReactNode;
}

type Line = { kind: 'head'; group: Group } | { kind: 'empty'; group: Group } | { kind: 'task'; task: Task; group: Group };

interface Props {
  label: string;
  groups: readonly Group[];
  place: Place;
  /** Where the project of each task is to be shown. */
  projects?: ReadonlyMap<string, Project>;
  /** Wraps lines, for views in which they can be dragged. */
  renderTask?: (task: Task, row: (handle: ReactNode) => ReactNode, group: Group) => ReactNode;
  renderHead?: (group: Group, head: ReactNode) => ReactNode;
}

const rowHeight = 57;
const headHeight = 52;
/** What lies over the ends of the window; as `scroll-padding` in app.css. */
const covered = { scrollPaddingStart: 64, scrollPaddingEnd: 96 };

/** A list of any length: only what is near the screen is drawn. */
export function TaskList({ label, groups, place, projects, renderTask, renderHead }: Props) {
  const lines = useMemo(() => {
    const found: Line[] = [];
    for (const group of groups) {
      if (group.title !== undefined) found.push({ kind: 'head', group });
      for (const task of group.tasks) found.push({ kind: 'task', task, group });
      if (group.tasks.length === 0 && group.empty) found.push({ kind: 'empty', group });
    }
    return found;
  }, [groups]);

  const box = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const top = box.current ? box.current.getBoundingClientRect().top + window.scrollY : 0;
    if (Math.abs(top - margin) > 1) setMargin(top);
  });
  const key = useCallback(
    (index: number) => {
      const line = lines[index]!;
      return line.kind === 'task' ? lastingId(line.task.id) : `${line.kind} ${line.group.id}`;
    },
    [lines],
  );
  const virtual = useWindowVirtualizer({
    count: lines.length,
    estimateSize: (index) => (lines[index]!.kind === 'task' ? rowHeight : headHeight),
    getItemKey: key,
    overscan: 12,
    scrollMargin: margin,
    ...covered,
  });
  // With the rows themselves, not after they are painted: a key in between would act on what is no longer there.
  useLayoutEffect(() => {
    const ids = lines.flatMap((line) => (line.kind === 'task' ? [line.task.id] : []));
    showList(ids, (id) => {
      const index = lines.findIndex((line) => line.kind === 'task' && line.task.id === id);
      if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' });
    });
    return () => showList([], () => {});
  }, [lines, virtual]);

  return (
    <div ref={box} role="list" aria-label={label} className="list" style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map((item) => {
        const line = lines[item.index]!;
        return (
          <div
            key={item.key}
            ref={virtual.measureElement}
            data-index={item.index}
            role="listitem"
            className="list-line"
            style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
          >
            {line.kind === 'head' && <Head group={line.group} render={renderHead} />}
            {line.kind === 'empty' && line.group.empty}
            {line.kind === 'task' && <Row line={line} place={place} projects={projects} render={renderTask} />}
          </div>
        );
      })}
    </div>
  );
}

function Head({ group, render }: { group: Group; render?: Props['renderHead'] }) {
  const head = (
    <div className="list-head">
      <h2>{group.title}</h2>
      {group.aside}
    </div>
  );
  return render ? render(group, head) : head;
}

function Row({ line, place, projects, render }: { line: Line & { kind: 'task' }; place: Place; projects: Props['projects']; render: Props['renderTask'] }) {
  const row = (handle: ReactNode) => <TaskRow task={line.task} place={place} project={projects?.get(line.task.project_id)} day={line.group.day} handle={handle} />;
  return render ? render(line.task, row, line.group) : row(null);
}
