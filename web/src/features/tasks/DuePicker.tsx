import '@mantine/dates/styles.css';
import { Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import { DatePicker, DatesProvider } from '@mantine/dates';
import 'dayjs/locale/de';
import { useState } from 'react';
import { IconCalendarWeek, IconClock, IconX } from '../../app/icons';
import { keepEscape } from '../../app/keepEscape';
import type { Place } from '../../app/locale';
import { useSpoken, useT } from '../../i18n';
import { DateWords } from './DateWords';
import { addDays, nextMonday, weekendOf, type When } from './due';
import { dueText } from './dueText';
import { useDraft } from './useDraft';

interface Props {
  value: When | null;
  place: Place;
  onChange: (when: When | null) => void;
}

/** A day, and a time if wanted: chosen, or said in words. */
export function DuePicker({ value, place, onChange }: Props) {
  const { t, language } = useSpoken();
  const [opened, setOpened] = useState(false);
  const choose = (when: When | null) => {
    onChange(when);
    setOpened(false);
  };
  const presets: [string, string][] = [
    [t.day.today, place.today],
    [t.day.tomorrow, addDays(place.today, 1)],
    [t.day.weekend, weekendOf(place.today)],
    [t.day.nextWeek, nextMonday(place.today)],
  ];
  return (
    <Group gap={4} wrap="nowrap">
      <Popover width={316} opened={opened} onChange={setOpened} trapFocus returnFocus position="bottom-start" middlewares={{ flip: true, shift: true, size: true }} shadow="md" withinPortal>
        <Popover.Target>
          <Button variant="default" className="field-button" leftSection={<IconCalendarWeek size={16} />} aria-label={`${t.task.due}: ${value ? dueText(t, value, place) : t.task.noDue}`} onClick={() => setOpened((open) => !open)}>
            {value ? dueText(t, value, place) : t.task.noDue}
          </Button>
        </Popover.Target>
        {/* As high as the window allows: on a low one it is scrolled. */}
        <Popover.Dropdown onKeyDown={keepEscape} aria-label={t.task.due} style={{ overflowY: 'auto' }}>
          <Stack gap="xs">
            <DateWords label={t.task.due} hint={t.task.dueHint} place={place} value={value} usualTime={null} onSay={(when) => choose(when)} />
            <Group gap={6}>
              {presets.map(([label, day]) => (
                <Button key={label} size="compact-sm" variant="light" onClick={() => choose({ day, time: value?.time ?? null })}>
                  {label}
                </Button>
              ))}
            </Group>
            <DatesProvider settings={{ locale: language, firstDayOfWeek: place.weekStart as 0 | 1 | 6 }}>
              <DatePicker
                key={value?.day /* or who opens it again at once is shown the month of the day before */}
                value={value?.day ?? null}
                highlightToday
                getDayProps={(day) => ({ 'data-today': day === place.today || undefined, 'aria-current': day === place.today ? 'date' : undefined })}
                defaultDate={value?.day ?? place.today}
                onChange={(day) => day && choose({ day, time: value?.time ?? null })}
                ariaLabels={{ previousMonth: t.previous, nextMonth: t.next }}
              />
            </DatesProvider>
            <TimeField value={value?.time ?? ''} onSave={(time) => onChange({ day: value?.day ?? place.today, time })} />
          </Stack>
        </Popover.Dropdown>
      </Popover>
      {value && (
        <Button variant="subtle" color="gray" px={8} aria-label={t.task.clearDue} onClick={() => choose(null)}>
          <IconX size={16} />
        </Button>
      )}
    </Group>
  );
}

/** Saved when it is left: "18:00" begins with a "1", which is no time that anybody meant. */
function TimeField({ value, onSave }: { value: string; onSave: (time: string | null) => void }) {
  const t = useT();
  const { draft, write, leave } = useDraft(({ text }) => {
    onSave(text || null);
    return text;
  });
  return (
    <TextInput
      type="time"
      aria-label={t.task.time}
      leftSection={<IconClock size={16} />}
      value={draft?.text ?? value}
      onChange={(event) => write({ text: event.currentTarget.value, seen: draft?.seen ?? value })}
      onBlur={leave}
      onKeyDown={(event) => event.key === 'Enter' && leave()}
    />
  );
}
