import { expect, it } from 'vitest';
import { Arrivals } from '../src/store/arrivals';

const item = (id: string, version: number) => ({ id, version });

it('keeps what came while the list was on its way', async () => {
  const arrivals = new Arrivals<{ id: string; version: number }>();
  let answer: (items: { id: string; version: number }[]) => void = () => {};
  arrivals.note('before', item('before', 9));
  const list = arrivals.during(() => new Promise((later) => (answer = later)));
  arrivals.note('made', item('made', 1));
  arrivals.note('changed', item('changed', 3));
  arrivals.note('known', item('known', 2));
  arrivals.note('gone', item('gone', 2));
  arrivals.note('gone', null);
  answer([item('changed', 2), item('known', 4), item('gone', 1), item('quiet', 1)]);
  expect([...(await list).values()]).toEqual([item('changed', 3), item('known', 4), item('quiet', 1), item('made', 1)]);
  arrivals.note('later', item('later', 1));
  expect((await arrivals.during(() => Promise.resolve([]))).size).toBe(0);
});

it('forgets a list that never came', async () => {
  const arrivals = new Arrivals<{ id: string; version: number }>();
  await expect(arrivals.during(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
  arrivals.note('a', item('a', 1));
  expect((await arrivals.during(() => Promise.resolve([]))).size).toBe(0);
});
