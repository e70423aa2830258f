import type { Page } from '@playwright/test';
import { day, expect, quickAdd, signIn, test, type Person } from './fixtures';

const shown = (page: Page, title: string) => page.getByRole('button', { name: title, exact: true });
/** The offer beside these words. */
const undo = (page: Page, words: string) => page.locator('.mantine-Notification-root', { hasText: words }).last().getByRole('button', { name: 'Undo' }).click();
const summary = async (person: Person) => (await person.tasks()).items.map((task) => `${task.title} ${task.status} ${task.priority} ${task.due ?? '-'}`).sort();

test('several at once: chosen by keys and pointer, changed by the bar, undone together', async ({ page, person }) => {
  const garden = await person.project('Garden');
  for (const title of ['One', 'Two', 'Three']) await person.task({ title });
  await signIn(page, person);
  await page.getByRole('link', { name: /^Inbox/ }).click();
  await shown(page, 'One').focus();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+X');
  const bar = page.getByRole('toolbar', { name: 'Selected tasks' });
  await expect(bar).toContainText('3 selected');
  await bar.getByRole('button', { name: 'Due' }).click();
  await page.getByRole('menuitem', { name: 'Tomorrow' }).click();
  await expect(bar).toHaveCount(0);
  await expect.poll(() => summary(person)).toEqual(['One', 'Three', 'Two'].map((title) => `${title} todo none ${day(1)}`));
  await undo(page, '3 tasks changed.');
  await expect.poll(() => summary(person)).toEqual(['One', 'Three', 'Two'].map((title) => `${title} todo none -`));

  await page.keyboard.press('Control+a');
  await bar.getByRole('button', { name: 'Priority' }).click();
  await page.getByRole('menuitem', { name: 'High' }).click();
  await page.locator('.row', { hasText: 'Two' }).click({ modifiers: ['Control'], position: { x: 300, y: 8 } });
  await page.locator('.row', { hasText: 'Three' }).click({ modifiers: ['Control'], position: { x: 300, y: 8 } });
  await expect(bar).toContainText('2 selected');
  await bar.getByRole('button', { name: 'Move to' }).click();
  await page.getByRole('menuitem', { name: 'Garden' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(1);
  await expect.poll(async () => (await person.tasks()).items.filter((task) => task.project_id === garden.id).map((task) => `${task.title} ${task.priority}`).sort()).toEqual(['Three high', 'Two high']);

  await page.getByRole('link', { name: /^Garden/ }).click();
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await page.keyboard.press('Control+a');
  await bar.getByRole('button', { name: 'Complete' }).click();
  await expect(page.getByText('No tasks here yet')).toBeVisible();
  await undo(page, '2 tasks completed.');
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await page.keyboard.press('Control+a');
  await bar.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await expect.poll(() => summary(person)).toEqual(['One todo high -', 'Three todo high -', 'Two todo high -']);
});

test('a project: made, renamed, archived, deleted, and brought back', async ({ page, person }) => {
  await signIn(page, person);
  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Garten');
  await dialog.getByRole('radio').nth(2).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Garten' })).toBeVisible();
  await page.getByRole('button', { name: 'Add task: Garten' }).click();
  await page.keyboard.type('Dig');
  await expect(page.getByText('# Garten')).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(shown(page, 'Dig')).toBeVisible();

  const options = page.getByRole('button', { name: /^Options of/ });
  await options.click();
  await page.getByRole('menuitem', { name: 'Edit project' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Garden');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Garden' })).toBeVisible();
  const projects = () => person.call<{ items: { name: string; archived: boolean; is_inbox: boolean; color: string | null }[] }>('GET', '/projects').then((list) => list.items.filter((each) => !each.is_inbox));
  await expect.poll(projects).toMatchObject([{ name: 'Garden', color: '#2f8f46', archived: false }]);

  await options.click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await expect(page.getByRole('navigation').getByRole('link', { name: /Garden/ })).toHaveCount(0);
  await undo(page, 'Archived.');
  await expect(page.getByRole('navigation').getByRole('link', { name: /Garden/ })).toBeVisible();
  await options.click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await page.getByRole('button', { name: 'Archived projects' }).click();
  await page.getByRole('link', { name: /Garden/ }).click();
  await options.click();
  await page.getByRole('menuitem', { name: 'Take out of the archive' }).click();
  await expect(page.getByRole('button', { name: 'Archived projects' })).toHaveCount(0);

  await options.click();
  await page.getByRole('menuitem', { name: 'Move to the trash' }).click();
  await expect(page.getByText('“Garden” and its tasks are in the trash.')).toBeVisible();
  await expect.poll(async () => (await person.tasks()).items.length).toBe(0);
  await undo(page, 'are in the trash');
  await page.getByRole('navigation').getByRole('link', { name: /Garden/ }).click();
  await expect(shown(page, 'Dig')).toBeVisible();
});

test('the first steps are taken by doing them', async ({ page, person }) => {
  await signIn(page, person);
  await page.getByRole('button', { name: 'Show me how it works' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'First steps' })).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveCount(6);
  await page.getByRole('button', { name: /^Complete: Complete this task/ }).click();
  await expect(page.getByRole('listitem')).toHaveCount(5);
  await page.getByText('Show completed').click();
  await expect(page.getByRole('heading', { level: 2, name: 'Completed' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Open again: Complete this task/ })).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: /^Open again: Complete this task/ }).click();
  await expect(page.getByRole('button', { name: /^Complete: Complete this task/ })).toBeVisible();
});

test('overdue goes to today in one go; a time keeps its hour', async ({ page, person }) => {
  await person.task({ title: 'Old', due: day(-2) });
  await person.task({ title: 'Older', due: `${day(-3)}T00:05:00`, timezone: 'Europe/Berlin' });
  await signIn(page, person);
  await page.getByRole('button', { name: 'Move all to today' }).click();
  await expect(page.getByRole('heading', { name: 'Overdue' })).toHaveCount(0);
  await expect.poll(() => summary(person)).toEqual([`Old todo none ${day()}`, `Older todo none ${day()}T00:05:00`]);
});

test('the trash deletes for good only when that is meant', async ({ page, person }) => {
  for (const title of ['One', 'Two', 'Three']) {
    const { id } = await person.task({ title });
    await person.call('DELETE', `/tasks/${id}`);
  }
  await signIn(page, person);
  await page.getByRole('link', { name: 'Trash' }).click();
  await page.getByRole('button', { name: 'Delete for good: Two' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(3);
  await page.getByRole('button', { name: 'Delete for good: Two' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByRole('listitem')).toHaveCount(2);
  await page.getByRole('button', { name: 'Empty the trash' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Empty the trash' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
  await expect.poll(async () => (await person.call<{ items: unknown[] }>('GET', '/trash')).items).toEqual([]);
});

test('the notification inbox: read, followed, deleted, and that undone', async ({ page, person }) => {
  const task = await person.task({ title: 'Dig' });
  for (const [title, link] of [['One', null], ['Two', null], ['See this', `/app/task/${task.id}`]]) await person.call('POST', '/notify', { user_id: person.id, title, ...(link ? { link } : {}) });
  await signIn(page, person);
  await page.getByRole('link', { name: /^Notifications/ }).click();
  const one = page.getByRole('button', { name: 'Delete: One' });
  await one.click();
  await expect(one).toHaveCount(0);
  await undo(page, 'Deleted.');
  await expect(one).toBeVisible();
  await page.getByRole('button', { name: 'Delete: Two' }).click();
  const titles = async () => (await person.call<{ items: { title: string }[] }>('GET', '/notifications')).items.map((item) => item.title);
  await expect.poll(titles).not.toContain('Two');
  expect(await titles()).toContain('One');
  await page.getByRole('button', { name: 'Mark all as read' }).click();
  await expect(page.getByLabel(/unread notification/)).toHaveCount(0);
  await page.getByRole('listitem').filter({ hasText: 'See this' }).getByRole('link', { name: 'Open' }).click();
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('Dig');
  await expect.poll(async () => (await person.call<{ unread_count: number }>('GET', '/notifications')).unread_count).toBe(0);
});

test('a notification’s link opens another tab for whoever asks for one', async ({ page, context, person }) => {
  const task = await person.task({ title: 'Dig' });
  await person.call('POST', '/notify', { user_id: person.id, title: 'See this', link: `/app/task/${task.id}` });
  await signIn(page, person);
  await page.getByRole('link', { name: /^Notifications/ }).click();
  const opened = context.waitForEvent('page');
  await page.getByRole('listitem').filter({ hasText: 'See this' }).getByRole('link', { name: 'Open' }).click({ modifiers: ['Control'] });
  await expect((await opened).getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('Dig');
  await expect(page.getByRole('heading', { level: 1, name: 'Notifications' })).toBeVisible();
});

test('older notifications are within reach', async ({ page, person }) => {
  for (let index = 0; index < 110; ++index) await person.call('POST', '/notify', { user_id: person.id, title: `Number ${index}.` });
  await signIn(page, person);
  await page.getByRole('link', { name: /^Notifications/ }).click();
  await expect(page.getByText('Number 109.')).toBeVisible();
  await expect(page.getByText('Number 3.')).toHaveCount(0);
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(page.getByText('Number 3.')).toBeVisible();
  await page.getByRole('button', { name: 'Mark as read: Number 3.' }).click();
  await expect(page.getByRole('button', { name: 'Mark as read: Number 3.' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Load more' })).toHaveCount(0);
});

test('a notification whose page was left while the offer to undo stood is deleted', async ({ page, person }) => {
  for (const title of ['One', 'Two', 'Three']) await person.call('POST', '/notify', { user_id: person.id, title });
  const titles = async () => (await person.call<{ items: { title: string }[] }>('GET', '/notifications')).items.map((item) => item.title).sort();
  await signIn(page, person);
  await page.getByRole('link', { name: /^Notifications/ }).click();
  for (const title of ['One', 'Two']) await page.getByRole('button', { name: `Delete: ${title}` }).click();
  await undo(page, 'Deleted.');
  await expect(page.getByRole('button', { name: 'Delete: Two' })).toBeVisible();
  expect(await titles()).toEqual(['New sign-in to your account', 'One', 'Three', 'Two']);
  await page.goto('about:blank');
  await page.goto(`${person.url}/app/today`);
  await expect.poll(titles).toEqual(['New sign-in to your account', 'Three', 'Two']);
});

test('a task keeps its reminders, which move with its date', async ({ page, person }) => {
  const task = await person.task({ title: 'Dig', due: `${day(2)}T17:00:00`, timezone: 'Europe/Berlin' });
  const reminders = () => person.call<{ items: { before: string | null; at: string | null; state: string }[] }>('GET', `/tasks/${task.id}/reminders`).then((list) => list.items);
  await signIn(page, person);
  await page.goto(`${person.url}/app/inbox?task=${task.id}`);
  const sheet = page.getByRole('dialog').first();
  await sheet.getByRole('button', { name: 'Add a reminder' }).click();
  await page.getByRole('button', { name: '1 hour before' }).click();
  const list = sheet.getByRole('list', { name: 'Reminders' });
  await expect(list.getByRole('listitem')).toHaveText(['1 hour before']);
  await sheet.getByRole('button', { name: 'Add a reminder' }).click();
  await page.getByPlaceholder(/in 2 hours/).fill('tomorrow 9am');
  await expect(page.getByText('Tomorrow 09:00')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(list.getByRole('listitem')).toHaveText(['1 hour before', 'Tomorrow 09:00']);
  await expect.poll(reminders).toMatchObject([{ before: 'PT1H', state: 'armed' }, { at: `${day(1)}T09:00:00`, state: 'armed' }]);
  await sheet.getByRole('button', { name: 'Delete the reminder: Tomorrow 09:00' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(1);
  await undo(page, 'Reminder deleted.');
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await sheet.getByRole('button', { name: 'Take the date away' }).click();
  await expect(list.getByText('waits for a date')).toBeVisible();
});

test('the palette reaches what the page can do', async ({ page, person }) => {
  await person.project('Garden');
  await person.task({ title: 'Dig', due: day() });
  await signIn(page, person);
  const run = async (text: string, option?: RegExp) => {
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('textbox', { name: 'Commands' })).toBeFocused();
    await page.keyboard.type(text);
    if (option) await page.getByRole('option', { name: option }).click();
    else await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: 'Commands' })).toHaveCount(0);
  };
  const dig = () => person.tasks().then((list) => list.items[0]!);
  for (const [words, changed] of [['priority urgent', { priority: 'urgent' }], ['due tomorrow', { due: day(1) }]] as const) {
    await shown(page, 'Dig').focus();
    await run(words);
    await expect.poll(dig).toMatchObject(changed);
  }
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await shown(page, 'Dig').click();
  await run('move to garden');
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Project' })).toHaveValue('Garden');
  await page.keyboard.press('Escape');
  await run('go garden');
  await expect(page.getByRole('heading', { level: 1, name: 'Garden' })).toBeVisible();
  await run('board');
  await expect(page.getByRole('group', { name: 'To do' }).getByText('Dig')).toBeVisible();
  await run('select all');
  await run('status in progress');
  await expect(page.getByRole('group', { name: 'In progress' }).getByText('Dig')).toBeVisible();
  await run('edit project');
  await page.getByRole('textbox', { name: 'Name' }).fill('Park');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Park' })).toBeVisible();
  await run('calendar week');
  await expect(page).toHaveURL(/view=week/);
  await run('settings password');
  await expect(page.getByText('Where you are signed in')).toBeVisible();
  await run('theme dark');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await run('dig', /^Dig$/);
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('Dig');
  await run('complete');
  await expect.poll(dig).toMatchObject({ status: 'done' });
  await page.keyboard.press('Escape');
  await run('undo');
  await expect.poll(dig).toMatchObject({ status: 'in_progress' });
  await run('deutsch');
  await expect(page.getByRole('heading', { level: 1, name: 'Einstellungen' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('abmelden');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Anmelden' })).toBeVisible();
});

test('what is made where, lands there; keys for a day and a priority', async ({ page, person }) => {
  await signIn(page, person);
  await page.getByRole('button', { name: 'Add task: Today' }).click();
  await page.keyboard.type('Dig');
  await page.getByRole('button', { name: 'Take “Today” as plain text' }).click();
  await page.getByRole('textbox', { name: 'Add a task' }).press('Enter');
  await page.keyboard.press('Escape');
  await quickAdd(page, 'Rake today');
  await shown(page, 'Rake').focus();
  await page.keyboard.press('m');
  await expect(shown(page, 'Rake')).toHaveCount(0);
  await expect.poll(() => summary(person)).toEqual(['Dig todo none -', `Rake todo none ${day(1)}`]);
});
