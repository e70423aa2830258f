import { Popover } from '@mantine/core';
import { useState } from 'react';
import { IconPlus } from '../../app/icons';
import type { Place } from '../../app/locale';
import { setUi } from '../../app/ui';
import type { Task } from '../../api/types';
import { useT } from '../../i18n';
import { lastingId } from '../../store/outbox';
import { Draggable, DropPlace } from '../drag/DragArea';
import { openTask } from '../tasks/commands';
import { dueOf, formatDay, formatTime } from '../tasks/due';

interface Props {
  day: string;
  tasks: readonly Task[];
  place: Place;
  outside: boolean;
  most: number;
}

function Chip({ task, place, handle, onOpen }: { task: Task; place: Place; handle?: React.ReactNode; onOpen?: () => void }) {
  const due = dueOf(task, place.zone);
  return (
    <div className="chip" data-priority={task.priority} data-task={task.id}>
      {handle}
      <button
        type="button"
        data-open
        title={task.title}
        onClick={() => {
          onOpen?.();
          openTask(task.id);
        }}
      >
        {due?.time && <time>{formatTime(due.time, place.locale)} </time>}
        <bdi>{task.title}</bdi>
      </button>
    </div>
  );
}

export function DayCell({ day, tasks, place, outside, most }: Props) {
  const t = useT();
  const [all, setAll] = useState(false);
  const name = formatDay(day, place.locale, { weekday: 'long', day: 'numeric', month: 'long' });
  const shown = tasks.length > most ? tasks.slice(0, most - 1) : tasks;
  return (
    <DropPlace id={day} className={`day${outside ? ' outside' : ''}${day === place.today ? ' is-today' : day < place.today ? ' past' : ''}`} label={name}>
      <div className="day-top">
        <span className="day-number" aria-current={day === place.today ? 'date' : undefined}>
          <span className="day-name">{formatDay(day, place.locale, { weekday: 'short' })} </span>
          {formatDay(day, place.locale, { day: 'numeric' })}
        </span>
        <button type="button" className="day-add" aria-label={t.views.addTo(name)} onClick={() => setUi({ quick: { day } })}>
          <IconPlus size={15} aria-hidden />
        </button>
      </div>
      {shown.map((task) => (
        <Draggable key={lastingId(task.id)} task={task}>
          {(handle) => <Chip task={task} place={place} handle={handle} />}
        </Draggable>
      ))}
      {tasks.length > shown.length && (
        <Popover opened={all} onChange={setAll} withinPortal shadow="md" trapFocus returnFocus>
          <Popover.Target>
            <button type="button" className="more" onClick={() => setAll(!all)}>
              {t.views.moreOn(tasks.length - shown.length)}
            </button>
          </Popover.Target>
          <Popover.Dropdown aria-label={name} className="day-rest">
            {tasks.map((task) => (
              <Chip key={task.id} task={task} place={place} onOpen={() => setAll(false)} />
            ))}
          </Popover.Dropdown>
        </Popover>
      )}
    </DropPlace>
  );
}
