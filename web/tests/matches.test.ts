import { expect, it } from 'vitest';
import { matches } from '../src/features/search/matches';
import { suggest } from '../src/features/quickadd/suggest';

const task = { title: 'Buy tulips', description: 'Red, for Ada', labels: ['flower shop'] };

it.each([
  ['tul', true],
  ['buy tulips', true],
  ['ada flower', true],
  ['lips', false],
  ['buy roses', false],
  // Without a word there is nothing to find.
  ['!?', false],
  ['', false],
])('%j is found: %s', (text, found) => expect(matches(task, text)).toBe(found));

it('suggests no label that the line cannot say', () => {
  expect(suggest('Dig @', 5, [], ['home', 'flower shop', 'later!']).map(({ insert }) => insert)).toEqual(['@home']);
});
