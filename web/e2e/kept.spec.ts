// Whatever ends the writing, what was written is kept.
import type { Page } from '@playwright/test';
import { anotherTab, day, expect, password, quickAdd, register, signIn, test, type Person } from './fixtures';

const words = 'A long thought, hard to find again';
const sheet = (page: Page) => page.getByRole('dialog').filter({ has: page.getByRole('textbox', { name: 'Title' }) });
const description = (page: Page) => page.getByRole('textbox', { name: 'Description' });

async function begin(page: Page, title: string) {
  await page.getByRole('button', { name: title, exact: true }).click();
  await sheet(page).getByRole('button', { name: 'Add a description' }).click();
  await description(page).fill(words);
}

const written = (person: Person, text = words) => expect.poll(async () => (await person.tasks()).items.map((task) => task.description)).toEqual([text]);

async function endSessions(person: Person) {
  const sessions = await person.call<{ items: { id: string; current: boolean }[] }>('GET', '/sessions');
  for (const session of sessions.items) if (!session.current) await person.call('DELETE', `/sessions/${session.id}`);
}

/** As after a sleep: the page asks whether its session is still good. */
const wake = (page: Page) => page.evaluate(() => void window.dispatchEvent(new Event('online')));

async function signInAgain(page: Page, person: Person) {
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

for (const [what, end] of [
  ['the way back', (page: Page) => page.goBack()],
  // As on a phone, where a button takes no focus.
  ['a tap on the cross', (page: Page) => page.getByRole('button', { name: 'Close', exact: true }).evaluate((button: HTMLElement) => button.click())],
  ['another address', (page: Page) => page.goto('about:blank')],
] as [string, (page: Page) => Promise<unknown>][]) {
  test(`a description and a title that are being written are saved: ${what}`, async ({ page, person }) => {
    await person.task({ title: 'Plan', due: day() });
    await signIn(page, person);
    await begin(page, 'Plan');
    await end(page);
    // What a page had no time to send, the next one sends.
    if (what === 'another address') await page.goto(`${person.url}/app/today`);
    await written(person);
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await sheet(page).getByRole('textbox', { name: 'Title' }).fill('Plan the trip');
    await end(page);
    if (what === 'another address') await page.goto(`${person.url}/app/today`);
    await expect.poll(async () => (await person.tasks()).items[0]?.title).toBe('Plan the trip');
  });
}

test('a label that is being typed is kept on the way back', async ({ page, person }) => {
  await person.task({ title: 'Plan', due: day(), labels: ['home'] });
  await signIn(page, person);
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await sheet(page).getByRole('textbox', { name: 'Labels' }).fill('travel');
  await page.goBack();
  await expect.poll(async () => (await person.tasks()).items[0]?.labels).toEqual(['home', 'travel']);
});

test('a line that is too long for a title is not cut', async ({ page, person }) => {
  const long = 'Water the plants, '.repeat(40).trim();
  await signIn(page, person);
  await page.keyboard.press('q');
  const bar = page.getByRole('textbox', { name: 'Add a task' });
  await bar.fill(long);
  await bar.press('Enter');
  await expect(bar).toHaveValue(long);
  await expect(page.getByText('A title has at most 500 characters.')).toBeVisible();
  await bar.fill('Water the plants');
  await bar.press('Enter');
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title)).toEqual(['Water the plants']);
});

test('a session that ends while somebody writes loses no word', async ({ page, program, person }) => {
  await page.route('**/stream*', (route) => route.abort());
  await person.task({ title: 'Plan', due: day() });
  await signIn(page, person);
  await begin(page, 'Plan');
  await endSessions(person);
  await wake(page);
  await expect(page.getByText('Your session has ended')).toBeVisible();
  await signInAgain(page, person);
  await expect(sheet(page).getByText(words)).toBeVisible();
  await written(person);
  await page.keyboard.press('Escape');
  await page.keyboard.press('q');
  await expect(page.getByRole('textbox', { name: 'Add a task' })).toBeFocused();
  await page.keyboard.type('Buy tulips');
  await endSessions(person);
  await wake(page);
  await expect(page.getByText('Your session has ended')).toBeVisible();
  await signInAgain(page, person);
  await expect(page.getByRole('textbox', { name: 'Add a task' })).toHaveValue('Buy tulips');
  // For nobody else.
  await endSessions(person);
  await wake(page);
  await expect(page.getByText('Your session has ended')).toBeVisible();
  await signInAgain(page, await register(program.url));
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await page.waitForTimeout(500);
  await expect(page.getByRole('textbox', { name: 'Add a task' })).toHaveCount(0);
});

test('a line of quick-add outlives the page', async ({ page, person }) => {
  await signIn(page, person);
  await page.keyboard.press('q');
  await page.getByRole('textbox', { name: 'Add a task' }).fill('Buy tulips');
  await page.goto('about:blank');
  await page.goto(`${person.url}/app/today`);
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await page.keyboard.press('q');
  await expect(page.getByRole('textbox', { name: 'Add a task' })).toHaveValue(/^Buy tulips/);
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title)).toEqual(['Buy tulips']);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await page.keyboard.press('q');
  await expect(page.getByRole('textbox', { name: 'Add a task' })).toHaveValue('');
});

test('one writes on while the service names the task, and its address is one that lasts', async ({ page, person }) => {
  let release = () => {};
  const held = new Promise<void>((later) => (release = later));
  await signIn(page, person);
  await page.route('**/api/v1/tasks', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.continue();
  });
  await quickAdd(page, 'Plan today');
  await begin(page, 'Plan');
  await expect(page).toHaveURL(/task=local-/);
  release();
  await expect(page).toHaveURL(/task=(?!local-)/);
  await expect(description(page)).toHaveValue(words);
  await expect(description(page)).toBeFocused();
  await page.keyboard.press('Control+Enter');
  await written(person);
  // Whoever goes by keys goes on from there.
  await expect(sheet(page).getByRole('button', { name: 'Edit the description' })).toBeFocused();
  await page.reload();
  await expect(sheet(page).getByText(words)).toBeVisible();
});

test('one writes on in a task that is completed, when the list comes anew', async ({ page, person }) => {
  await person.task({ title: 'Plan', due: day() });
  await signIn(page, person);
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await sheet(page).getByRole('button', { name: 'Complete: Plan' }).click();
  await expect(sheet(page).getByRole('button', { name: 'Open again: Plan' })).toBeVisible();
  await expect.poll(async () => (await person.tasks()).items[0]?.status).toBe('done');
  await sheet(page).getByRole('button', { name: 'Add a description' }).click();
  await description(page).fill(words);
  const list = page.waitForResponse(/\/api\/v1\/tasks\?/);
  await wake(page);
  await list;
  await page.waitForTimeout(500);
  await expect(description(page)).toBeFocused();
  await page.keyboard.press('Control+Enter');
  await written(person);
});

test('what is changed in a completed task is seen at once', async ({ page, person }) => {
  const task = await person.task({ title: 'Plan', status: 'done', description: 'Old words' });
  await signIn(page, person);
  await page.goto(`${person.url}/app/inbox?task=${task.id}`);
  await page.route(`**/api/v1/tasks/${task.id}`, async (route) => (route.request().method() === 'PATCH' ? route.abort() : route.continue()));
  await sheet(page).getByRole('button', { name: 'Edit the description' }).click();
  await description(page).fill(words);
  await page.keyboard.press('Control+Enter');
  await expect(sheet(page).locator('.markdown')).toHaveText(words);
  await page.unroute(`**/api/v1/tasks/${task.id}`);
  await written(person);
});

test('an address of a task that nobody knows has a way out', async ({ page, person }) => {
  await signIn(page, person);
  await page.goto(`${person.url}/app/today?task=local-1`);
  await expect(page.getByRole('dialog')).toContainText('This task is no longer here.');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  // Also while it is on its way.
  const task = await person.task({ title: 'Slow', status: 'done' });
  await page.route(`**/api/v1/tasks/${task.id}`, () => {});
  await page.goto(`${person.url}/app/today?task=${task.id}`);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('words that the service does not take stay within reach until they are thrown away', async ({ page, context, person }) => {
  const task = await person.task({ title: 'Plan', due: day() });
  await signIn(page, person);
  await context.setOffline(true);
  await begin(page, 'Plan');
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('Escape');
  await person.call('DELETE', `/tasks/${task.id}`);
  await context.setOffline(false);
  await expect(page.getByText('One change was not accepted.')).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: 'See what was written' }).click();
  const kept = page.getByRole('dialog', { name: 'Not accepted' });
  await expect(kept.getByRole('textbox', { name: 'Description' })).toHaveValue(words);
  await expect(kept.getByRole('button', { name: 'Copy' })).toBeVisible();
  await kept.getByRole('button', { name: 'Throw away' }).click();
  await expect(kept.getByText('There is nothing left here.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('not accepted')).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await page.waitForTimeout(500);
  await expect(page.getByText('not accepted')).toHaveCount(0);
});

test('a full disk loses no task', async ({ page, person }) => {
  await page.addInitScript(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...what: Parameters<typeof put>) {
      if (this.name === 'edits') throw new DOMException('full', 'QuotaExceededError');
      return put.apply(this, what);
    };
  });
  await signIn(page, person);
  await quickAdd(page, 'Buy tulips today');
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title)).toEqual(['Buy tulips']);
  await expect(page.getByRole('button', { name: 'Buy tulips', exact: true })).toHaveCount(1);
});

test('a service that cannot take what waits is told of, and tried again', async ({ page, person }) => {
  await signIn(page, person);
  await page.route('**/api/v1/tasks', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 503, json: { type: 'about:blank', title: 'Busy', status: 503 } }) : route.continue()));
  await quickAdd(page, 'Buy tulips today');
  await expect(page.getByText('The service cannot take one change at the moment.')).toBeVisible();
  await page.goto(`${person.url}/app/settings?part=account`);
  await page.getByRole('button', { name: 'Delete my account' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete the account' });
  await dialog.getByRole('textbox', { name: 'Password' }).fill(password);
  await expect(dialog.getByText('One change was not sent and would be lost.')).toBeVisible();
  await page.unroute('**/api/v1/tasks');
  await expect(dialog.getByText('would be lost')).toHaveCount(0);
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title)).toEqual(['Buy tulips']);
});

test('an answer that is none, such as a page of a network’s own, is no end of the sending', async ({ page, person }) => {
  await signIn(page, person);
  await page.route('**/api/v1/tasks', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 200, contentType: 'text/html', body: '<p>Welcome to the hotel</p>' }) : route.continue()));
  await quickAdd(page, 'Buy tulips today');
  await page.waitForTimeout(500);
  await page.unroute('**/api/v1/tasks');
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title)).toEqual(['Buy tulips']);
});

test('a refusal that does not come from the service is none', async ({ page, person }) => {
  await person.task({ title: 'Plan', due: day() });
  await signIn(page, person);
  await page.route('**/api/v1/tasks/*', (route) => (route.request().method() === 'PATCH' ? route.fulfill({ status: 403, contentType: 'text/html', body: '<p>Sign in to the company</p>' }) : route.continue()));
  const answer = page.waitForResponse((response) => response.status() === 403);
  await page.getByRole('button', { name: 'Complete: Plan' }).click();
  await answer;
  await page.waitForTimeout(200);
  await page.unroute('**/api/v1/tasks/*');
  await expect.poll(async () => (await person.tasks()).items[0]?.status).toBe('done');
});

test('what a tab left that is closed now is sent by the one that is open', async ({ page, context, person }) => {
  await signIn(page, person);
  const other = await anotherTab(context, person);
  await context.setOffline(true);
  await quickAdd(other, 'Made over there today');
  await expect(other.getByText('One change waits to be sent.')).toBeVisible();
  await other.close();
  await context.setOffline(false);
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title)).toEqual(['Made over there']);
  await expect(page.getByRole('button', { name: 'Made over there', exact: true })).toHaveCount(1);
});

test('what one tab made without a connection, another may go on with', async ({ page, context, person }) => {
  await signIn(page, person);
  const other = await anotherTab(context, person);
  await context.setOffline(true);
  await quickAdd(page, 'Plan today');
  // A tab that comes to the front.
  await other.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')));
  await begin(other, 'Plan');
  await other.keyboard.press('Control+Enter');
  await expect(sheet(other).getByText(words)).toBeVisible();
  await context.setOffline(false);
  await written(person);
  for (const each of [page, other]) await expect(each.getByText(/to be sent|not accepted/)).toHaveCount(0);
  await other.keyboard.press('Escape');
  for (const each of [page, other]) await expect(each.getByRole('button', { name: 'Plan', exact: true })).toHaveCount(1);
});

test('what one account has not sent is never sent as another, and its tasks are shown to no other', async ({ page, context, program, person }) => {
  const other = await register(program.url);
  await person.task({ title: 'Private', due: day() });
  for (const each of [page]) await each.route('**/stream*', (route) => route.abort());
  await signIn(page, person);
  const second = await context.newPage();
  await second.route('**/stream*', (route) => route.abort());
  await second.goto(`${person.url}/app/today`);
  await expect(second.getByRole('button', { name: 'Private', exact: true })).toBeVisible();
  await second.waitForTimeout(800);
  await second.route('**/api/v1/tasks', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
  await quickAdd(second, 'Secret plan today');
  await endSessions(person);
  await page.reload();
  await expect(page.getByText('Your session has ended')).toBeVisible();
  let release = () => {};
  const held = new Promise<void>((later) => (release = later));
  await page.route('**/api/v1/tasks?*', async (route) => {
    await held;
    await route.continue();
  });
  await signInAgain(page, other);
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await page.waitForTimeout(500);
  await expect(page.getByText('Private')).toHaveCount(0);
  release();
  await second.unroute('**/api/v1/tasks');
  await wake(second);
  await expect(second.getByText('Secret plan')).toHaveCount(0);
  await second.waitForTimeout(1_500);
  expect((await other.tasks()).items).toEqual([]);
  // The other signs out; who comes back finds the change where it was.
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signInAgain(page, person);
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title).sort()).toEqual(['Private', 'Secret plan']);
});

test('where the network is there and brings nothing, the last state is shown soon', async ({ page, person }) => {
  await person.task({ title: 'Known', due: day() });
  await signIn(page, person);
  await expect(page.getByRole('button', { name: 'Known', exact: true })).toBeVisible();
  await page.waitForTimeout(800);
  let release = () => {};
  const held = new Promise<void>((later) => (release = later));
  await page.route('**/token/refresh', async (route) => {
    await held;
    await route.continue();
  });
  await page.reload();
  await expect(page.getByRole('button', { name: 'Known', exact: true })).toBeVisible();
  await expect(page.getByText('No connection.')).toBeVisible();
  await quickAdd(page, 'Made meanwhile today');
  release();
  await expect(page.getByText('No connection.')).toHaveCount(0);
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title).sort()).toEqual(['Known', 'Made meanwhile']);
});
