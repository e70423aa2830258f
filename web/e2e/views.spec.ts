import { day, expect, signIn, test } from './fixtures';

test('every view opens', async ({ page, person }) => {
  await person.task({ title: 'Water the plants', due: day(), labels: ['home'] });
  await person.task({ title: 'Old thing', due: day(-3), priority: 'urgent' });
  const garden = await person.project('Garden');
  await person.task({ title: 'Dig', project_id: garden.id, due: day(2) });
  await signIn(page, person);
  await expect(page.getByRole('list', { name: 'Today' }).getByRole('listitem')).toHaveText([/Overdue/, /Old thing/, /Today/, /Water the plants/]);
  const places: [string, string][] = [
    ['Inbox', 'Inbox'], ['Upcoming', 'Upcoming'], ['Calendar', 'Calendar'], ['Search', 'Search'], ['Notifications', 'Notifications'],
    ['Trash', 'Trash'], ['Settings', 'Settings'], ['Garden', 'Garden'],
  ];
  for (const [link, title] of places) {
    await page.getByRole('link', { name: new RegExp(`^${link}`) }).click();
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    await expect(page).toHaveTitle(`${title} · Cumulo`);
  }
  await expect(page.getByText('Dig')).toBeVisible();
  await page.getByText('Board').click();
  await expect(page.getByRole('group', { name: 'To do' }).getByText('Dig')).toBeVisible();
});

test('the bar of actions lies beside the sidebar', async ({ page, person }) => {
  await person.task({ title: 'One', due: day() });
  await page.setViewportSize({ width: 800, height: 860 });
  await signIn(page, person);
  await page.getByRole('button', { name: 'One', exact: true }).focus();
  await page.keyboard.press('x');
  const box = (await page.getByRole('toolbar').boundingBox())!;
  expect(box.x).toBeGreaterThanOrEqual(264);
  expect(box.x + box.width).toBeLessThanOrEqual(800);
});

test('titles are written in the direction of their own script', async ({ page, person }) => {
  const task = await person.task({ title: 'לקנות חלב (2)', due: day() });
  await signIn(page, person);
  const title = page.getByRole('button', { name: task.title, exact: true });
  expect(await title.evaluate((each) => getComputedStyle(each).direction)).toBe('rtl');
  await title.click();
  const field = page.getByRole('dialog').getByRole('textbox', { name: 'Title' });
  await expect(field).toHaveValue(task.title);
  expect(await field.evaluate((each) => getComputedStyle(each).direction)).toBe('rtl');
});

test('on a phone the menu closes when a view is chosen, also the one that is open', async ({ page, person }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, person);
  for (const name of [/^Today/, 'Upcoming', /^Today/]) {
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await page.getByRole('link', { name }).click();
    await expect(page.getByRole('button', { name: 'Open the menu' })).toBeVisible();
  }
});

test('a day that does not exist shows today’s month', async ({ page, person }) => {
  await signIn(page, person);
  for (const asked of ['2026-13-45', '2026-02-30', 'x']) {
    await page.goto(`${person.url}/app/calendar?day=${asked}`);
    await expect(page.getByRole('heading', { level: 1, name: 'Calendar' })).toBeVisible();
  }
});

test('a task of a full day opens from the day’s list, which goes out of its way', async ({ page, person }) => {
  for (let index = 0; index < 6; ++index) await person.task({ title: `Task ${index}`, due: day() });
  await signIn(page, person);
  await page.goto(`${person.url}/app/calendar`);
  await page.getByRole('button', { name: '3 more' }).click();
  const list = page.locator('.day-rest');
  await list.getByRole('button', { name: 'Task 5' }).click();
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('Task 5');
  await expect(list).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a number may be searched for by an address', async ({ page, person }) => {
  await person.task({ title: 'Budget 2026' });
  await person.task({ title: 'Dig' });
  await signIn(page, person);
  await page.goto(`${person.url}/app/search?q=2026`);
  await expect(page.getByRole('searchbox')).toHaveValue('2026');
  await expect(page.getByRole('listitem')).toHaveText([/Budget 2026/]);
});

test('on a narrow phone nothing sticks out, however long its words are', async ({ page, person }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  const long = 'Donaudampfschifffahrtsgesellschaftskapitänsmütze';
  const garden = await person.project(long);
  await person.task({ title: long, due: day(), project_id: garden.id, labels: [long] });
  await person.call('POST', '/webhooks', { name: 'Home', url: 'https://home.example.org/hooks/with/a/long/address/of/its/own', events: ['task.*'] });
  await signIn(page, person);
  for (const place of ['today', 'upcoming', 'calendar?view=week', `project/${garden.id}`, 'settings?part=integrations']) {
    await page.goto(`${person.url}/app/${place}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0);
    if (place.startsWith('settings')) await expect(page.getByText('of/its/own')).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(320);
  }
});
