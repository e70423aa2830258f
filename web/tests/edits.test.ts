import { describe, expect, it } from 'vitest';
import type { Task } from '../src/api/types';
import { contested, newTask, nextToSend, overlay, renamed, writtenIn, type Edit } from '../src/store/edits';

const task = (id: string, fields: Partial<Task> = {}) => ({ ...newTask({ id, at: 0, body: {} } as Edit, 'me', 'inbox'), version: 1, ...fields });
const edit = (fields: Partial<Edit>): Edit => ({ key: 'k', kind: 'patch', resource: 'task', id: 'a', body: {}, base: {}, at: 1000, account: 'me', ...fields });
const server = new Map([['a', task('a', { title: 'A' })], ['b', task('b', { title: 'B' })]]);
const show = (...edits: Edit[]) => overlay<Task>(server, edits, 'task', (each) => newTask(each, 'me', 'inbox'), new Map());

describe('edits on top of what the service said', () => {
  it('changes nothing without edits', () => expect(show()).toBe(server));
  it('makes, changes and deletes in order', () => {
    const shown = show(
      edit({ kind: 'create', id: 'local-1', body: { title: 'New', due: null } }),
      edit({ id: 'local-1', body: { title: 'Newer' } }),
      edit({ id: 'a', body: { priority: 'high' } }),
      edit({ kind: 'delete', id: 'b' }),
    );
    expect([...shown.keys()]).toEqual(['a', 'local-1']);
    expect(shown.get('local-1')).toMatchObject({ title: 'Newer', project_id: 'inbox', due: null });
    expect(shown.get('a')).toMatchObject({ title: 'A', priority: 'high' });
    expect(server.get('a')!.priority).toBe('none');
  });
  it('brings back what was deleted', () => expect(show(edit({ kind: 'delete', id: 'b' }), edit({ kind: 'restore', id: 'b' })).get('b')?.title).toBe('B'));
  it('dates what is done', () => {
    expect(show(edit({ body: { status: 'done' } })).get('a')?.completed_at).toBe('1970-01-01T00:00:01.000Z');
    expect(show(edit({ body: { status: 'done' } }), edit({ body: { status: 'todo' } })).get('a')?.completed_at).toBeNull();
  });
  it('passes over what is gone and other kinds of things', () => {
    expect(show(edit({ id: 'gone', body: { title: 'x' } }), edit({ resource: 'project', body: { name: 'x' } })).size).toBe(2);
  });
});

describe('conflicts', () => {
  it.each<[string, object, object, object, string[]]>([
    ['nobody else changed it', { title: 'B' }, { title: 'A' }, { title: 'A' }, []],
    ['somebody changed the same member', { title: 'B' }, { title: 'A' }, { title: 'C' }, ['title']],
    ['somebody wrote the same', { title: 'B' }, { title: 'A' }, { title: 'B' }, []],
    ['somebody changed another member', { title: 'B' }, { title: 'A' }, { title: 'A', priority: 'high' }, []],
    ['lists count by what they hold', { labels: ['b'] }, { labels: ['a'] }, { labels: ['a'] }, []],
    ['absent and null are one', { due: '2026-12-01' }, { due: null }, {}, []],
    ['a zone alone is no conflict', { due: '2026-12-01', timezone: 'UTC' }, { due: null, timezone: null }, { due: null, timezone: 'Asia/Tokyo' }, []],
  ])('%s', (_, body, base, current, expected) => {
    expect(contested(edit({ body: body as Edit['body'], base: base as Edit['base'] }), current as Edit['body'])).toEqual(expected);
  });
});

describe('what goes out', () => {
  const waiting = (key: string, id: string, fields: Partial<Edit> = {}) => edit({ key, id, ...fields });
  it.each<[string, Edit[], string | undefined]>([
    ['the oldest', [waiting('1', 'a'), waiting('2', 'b')], '1'],
    ['not what waits behind a conflict', [waiting('1', 'a', { conflict: true }), waiting('2', 'a'), waiting('3', 'b')], '3'],
    ['nothing while all waits behind a conflict', [waiting('1', 'a', { conflict: true }), waiting('2', 'a')], undefined],
    ['what has to be made first', [waiting('1', 'local-a'), waiting('2', 'local-b', { kind: 'create', body: { project_id: 'local-p' } }), waiting('3', 'local-a', { kind: 'create' }), waiting('4', 'local-p', { kind: 'create' })], '3'],
    ['nothing of another account', [waiting('1', 'a', { account: 'other' }), waiting('2', 'b')], '2'],
  ])('%s', (_, edits, key) => expect(nextToSend(edits, 'me')?.key).toBe(key));

  it('speaks of what was made by its name, also of where a task was', () => {
    const moved = edit({ id: 'local-t', body: { project_id: 'inbox' }, base: { project_id: 'local-p' } });
    expect(renamed(moved, 'local-p', 'p')).toMatchObject({ id: 'local-t', body: { project_id: 'inbox' }, base: { project_id: 'p' } });
    expect(renamed(edit({ kind: 'create', id: 'local-t', body: { project_id: 'local-p' } }), 'local-p', 'p').body).toEqual({ project_id: 'p' });
    expect(renamed(moved, 'local-t', 't').id).toBe('t');
    expect(renamed(moved, 'local-x', 'x')).toBe(moved);
  });

  it('knows what was written', () => {
    expect(writtenIn(edit({ body: { title: 'A', description: '', priority: 'high' } }))).toEqual([['title', 'A']]);
    expect(writtenIn(edit({ body: { status: 'done' } }))).toEqual([]);
  });
});
