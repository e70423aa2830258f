import { day, expect, quickAdd, signIn, test } from './fixtures';

test('what happens elsewhere appears by itself', async ({ page, browser, person }) => {
  await signIn(page, person);
  const other = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  const there = await other.newPage();
  await signIn(there, person);
  await quickAdd(there, 'From the other browser today');
  await expect(page.getByRole('button', { name: 'From the other browser', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Complete: From the other browser' }).click();
  await expect(there.getByRole('button', { name: 'From the other browser', exact: true })).toHaveCount(0);
  await person.call('POST', '/notify', { user_id: person.id, title: 'Hello there', link: '/app/inbox' });
  for (const each of [page, there]) await each.getByRole('link', { name: /^Notifications.*unread/ }).click();
  await expect(there.getByRole('button', { name: 'Mark as read: Hello there' })).toBeVisible();
  await page.getByRole('button', { name: 'Mark as read: Hello there' }).click();
  await expect(there.getByRole('button', { name: 'Mark as read: Hello there' })).toHaveCount(0);
  await expect(there.getByText('Hello there')).toBeVisible();
  await other.close();
});

test('without a network: the last state, edits that wait through a reload, and go out on return', async ({ page, context, person }) => {
  await person.task({ title: 'Known', due: day() });
  await signIn(page, person);
  await expect(page.getByRole('button', { name: 'Known', exact: true })).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.waitForTimeout(800);
  await context.setOffline(true);
  await quickAdd(page, 'Made offline today');
  await page.getByRole('button', { name: 'Complete: Known' }).click();
  await expect(page.getByText(/changes wait to be sent/)).toBeVisible();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Made offline', exact: true })).toBeVisible();
  await expect(page.getByText(/2 changes wait to be sent/)).toBeVisible();
  expect((await person.tasks()).items).toHaveLength(1);
  await context.setOffline(false);
  await expect.poll(async () => (await person.tasks()).items.map((task) => `${task.title} ${task.status}`).sort()).toEqual(['Known done', 'Made offline todo']);
  await expect(page.getByText(/wait to be sent/)).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Made offline', exact: true })).toHaveCount(1);
});

for (const choice of ['mine', 'theirs'] as const) {
  test(`changed in two places: the person takes ${choice}`, async ({ page, context, person }) => {
    const task = await person.task({ title: 'Old title', due: day() });
    await signIn(page, person);
    await page.getByRole('button', { name: 'Old title', exact: true }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await context.setOffline(true);
    await page.getByRole('textbox', { name: 'Title' }).fill('My title');
    await page.getByRole('textbox', { name: 'Title' }).blur();
    await page.getByRole('textbox', { name: 'Priority' }).click();
    await page.getByRole('option', { name: 'High' }).click();
    await page.keyboard.press('Escape');
    await expect(page.getByText(/2 changes wait/)).toBeVisible();
    await person.call('PATCH', `/tasks/${task.id}`, { title: 'Their title', labels: ['theirs'] });
    await context.setOffline(false);
    const ask = page.getByRole('dialog', { name: 'Changed in two places' });
    await expect(ask.getByRole('cell', { name: 'My title' })).toBeVisible();
    await expect(ask.getByRole('cell', { name: 'Their title' })).toBeVisible();
    await ask.getByRole('button', { name: choice === 'mine' ? 'Keep mine' : 'Take theirs' }).click();
    // What only one side changed stands in any case.
    await expect.poll(async () => (await person.tasks()).items[0]).toMatchObject({ title: choice === 'mine' ? 'My title' : 'Their title', priority: 'high', labels: ['theirs'] });
  });
}

test('while the person chooses, what waits behind the conflict asks for nothing', async ({ page, context, person }) => {
  await page.addInitScript(() => {
    const request = navigator.locks.request.bind(navigator.locks) as (...what: unknown[]) => Promise<unknown>;
    Object.assign(window, { asked: 0 });
    navigator.locks.request = ((...what: unknown[]) => {
      (window as unknown as { asked: number }).asked++;
      return request(...what);
    }) as typeof navigator.locks.request;
  });
  const asked = () => page.evaluate(() => (window as unknown as { asked: number }).asked);
  const task = await person.task({ title: 'Old title', due: day() });
  await signIn(page, person);
  await page.getByRole('button', { name: 'Old title', exact: true }).click();
  await context.setOffline(true);
  await page.getByRole('textbox', { name: 'Title' }).fill('My title');
  await page.getByRole('textbox', { name: 'Title' }).blur();
  await page.getByRole('textbox', { name: 'Priority' }).click();
  await page.getByRole('option', { name: 'High' }).click();
  await page.keyboard.press('Escape');
  await quickAdd(page, 'Unrelated today');
  await person.call('PATCH', `/tasks/${task.id}`, { title: 'Their title' });
  await context.setOffline(false);
  const ask = page.getByRole('dialog', { name: 'Changed in two places' });
  await expect(ask).toBeVisible();
  await expect.poll(async () => (await person.tasks()).items.length).toBe(2);
  const before = await asked();
  await page.waitForTimeout(1_000);
  expect((await asked()) - before).toBeLessThan(10);
  // A key of somebody who was typing chooses nothing.
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await expect(ask).toBeVisible();
  await ask.getByRole('button', { name: 'Take theirs' }).click();
  await expect(ask).toHaveCount(0);
  await page.getByRole('alert').filter({ hasText: 'Their version stands.' }).getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await person.tasks()).items.map((each) => `${each.title} ${each.priority}`).sort()).toEqual(['My title high', 'Unrelated none']);
  await page.getByRole('button', { name: 'My title', exact: true }).waitFor();
});

test('what the service refuses is taken back, and told', async ({ page, context, person }) => {
  const task = await person.task({ title: 'Short lived', due: day() });
  await signIn(page, person);
  await expect(page.getByRole('button', { name: 'Short lived', exact: true })).toBeVisible();
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Complete: Short lived' }).click();
  await person.call('DELETE', `/tasks/${task.id}`);
  await context.setOffline(false);
  await expect(page.getByText('That did not work')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Short lived', exact: true })).toHaveCount(0);
});

test('what another changes while one writes is not overwritten unseen', async ({ page, person }) => {
  const task = await person.task({ title: 'Old title', due: day(), description: 'Old words' });
  await signIn(page, person);
  await page.getByRole('button', { name: 'Old title', exact: true }).click();
  const title = page.getByRole('textbox', { name: 'Title' });
  await title.fill('My title');
  await person.call('PATCH', `/tasks/${task.id}`, { title: 'Their title', priority: 'high' });
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Priority' })).toHaveValue('High');
  await expect(title).toHaveValue('My title');
  await title.press('Escape');
  const ask = page.getByRole('dialog', { name: 'Changed in two places' });
  await expect(ask.getByRole('cell', { name: 'Their title' })).toBeVisible();
  await ask.getByRole('button', { name: 'Keep mine' }).click();
  await expect.poll(async () => (await person.tasks()).items[0]).toMatchObject({ title: 'My title', priority: 'high' });
});

test('a list that was on its way when something came does not lose it', async ({ page, person }) => {
  await person.task({ title: 'Known', due: day() });
  await signIn(page, person);
  await expect(page.getByRole('button', { name: 'Known', exact: true })).toBeVisible();
  // The next answer is true when it leaves the service, and old when it arrives.
  let release = () => {};
  const held = new Promise<void>((later) => (release = later));
  let asked = 0;
  await page.route('**/api/v1/tasks?*', async (route) => {
    const answer = await route.fetch();
    asked++;
    await held;
    await route.fulfill({ response: answer });
  });
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await expect.poll(() => asked).toBeGreaterThan(0);
  await person.task({ title: 'Came meanwhile', due: day() });
  await expect(page.getByRole('button', { name: 'Came meanwhile', exact: true })).toBeVisible();
  const all = page.waitForResponse(/api\/v1\/tasks\?/);
  release();
  await all;
  await page.getByRole('link', { name: 'Upcoming' }).click();
  await expect(page.getByRole('button', { name: 'Known', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Came meanwhile', exact: true })).toBeVisible();
});
