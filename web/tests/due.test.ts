import { describe, expect, it } from 'vitest';
import { addDays, addMonths, dueFields, dueOf, formatInstant, instantOf, todayIn, weekOf, whenOf } from '../src/features/tasks/due';

describe('due', () => {
  it.each([
    [{ due: null, timezone: null }, null],
    [{ due: '2026-12-01', timezone: 'Asia/Tokyo' }, { day: '2026-12-01', time: null }],
    [{ due: '2026-12-01T17:00:00', timezone: 'Europe/Berlin' }, { day: '2026-12-01', time: '17:00' }],
    [{ due: '2026-12-01T17:00:00', timezone: null }, { day: '2026-12-01', time: '17:00' }],
    [{ due: '2026-12-02T06:00:00', timezone: 'Asia/Tokyo' }, { day: '2026-12-01', time: '22:00' }],
    [{ due: '2026-12-01T23:30:00Z', timezone: null }, { day: '2026-12-02', time: '00:30' }],
    [{ due: '2026-12-01T23:30:00.500+05:30', timezone: null }, { day: '2026-12-01', time: '19:00' }],
    [{ due: '2026-07-01T12:00:00Z', timezone: null }, { day: '2026-07-01', time: '14:00' }],
  ])('%j in Berlin', (task, expected) => expect(dueOf(task, 'Europe/Berlin')).toEqual(expected));

  it('goes to an instant and back, also around a change of clocks', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'UTC']) {
      for (const day of ['2026-03-28', '2026-03-30', '2026-10-25', '2026-11-01', '2026-12-31']) {
        for (const time of ['00:00', '01:15', '12:00', '23:59']) {
          expect(whenOf(instantOf({ day, time }, zone), zone)).toEqual({ day, time });
        }
      }
    }
  });

  it('turns the day at midnight of the zone', () => {
    expect(todayIn('Europe/Berlin', new Date('2026-12-01T22:59:59Z'))).toBe('2026-12-01');
    expect(todayIn('Europe/Berlin', new Date('2026-12-01T23:00:00Z'))).toBe('2026-12-02');
  });

  it('counts days, months and weeks', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
    expect(addMonths('2026-12', 1)).toBe('2027-01');
    expect(addMonths('2026-01', -1)).toBe('2025-12');
    expect(weekOf('2026-12-02', 1)).toBe('2026-11-30');
    expect(weekOf('2026-12-06', 1)).toBe('2026-11-30');
    expect(weekOf('2026-12-06', 0)).toBe('2026-12-06');
  });

  it('is written as the contract has it', () => {
    expect(dueFields(null, 'UTC')).toEqual({ due: null, timezone: null });
    expect(dueFields({ day: '2026-12-01', time: null }, 'UTC').due).toBe('2026-12-01');
    expect(dueFields({ day: '2026-12-01', time: '07:05' }, 'Europe/Berlin')).toEqual({ due: '2026-12-01T07:05:00', timezone: 'Europe/Berlin' });
  });
});

it('shows an instant also where the browser does not know the zone yet', () => {
  expect(formatInstant('2026-12-01T16:00:00Z', 'en-GB', 'Europe/Berlin')).toBe('1 Dec 2026, 17:00');
  expect(formatInstant('2026-12-01T16:00:00Z', 'en-GB', 'Mars/Olympus')).toMatch(/2026/);
});
