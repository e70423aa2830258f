import { day, expect, signIn, test } from './fixtures';

test('quick-add understands, shows what, and takes a false hit back', async ({ page, person }) => {
  const garden = await person.project('Garden');
  await signIn(page, person);
  await page.keyboard.press('q');
  const bar = page.getByRole('textbox', { name: 'Add a task' });
  await bar.fill('Water the plants tomorrow 5pm #Garden @home !high');
  for (const hit of ['Tomorrow 17:00', '# Garden', '@ home', 'High']) await expect(page.getByText(hit, { exact: true })).toBeVisible();
  await bar.press('Enter');
  await bar.fill('Read The Day After Tomorrow');
  await bar.press('Escape');
  await bar.press('Enter');
  await expect.poll(async () => (await person.tasks()).items.length).toBe(2);
  const [second, first] = (await person.tasks()).items;
  expect(first).toMatchObject({ title: 'Water the plants', project_id: garden.id, labels: ['home'], priority: 'high', due: `${day(1)}T17:00:00` });
  expect(second).toMatchObject({ title: 'Read The Day After Tomorrow', due: null });
});

test('quick-add takes no single day out of what repeats, and says that it comes once', async ({ page, person }) => {
  await signIn(page, person);
  await page.keyboard.press('q');
  const bar = page.getByRole('textbox', { name: 'Add a task' });
  await bar.fill('Call Ada every monday');
  await expect(page.getByText('not known yet')).toBeVisible();
  await bar.fill('Call Ada monday');
  await expect(page.getByText('not known yet')).toHaveCount(0);
  await bar.fill('Call Ada every monday');
  await bar.press('Enter');
  await expect.poll(async () => (await person.tasks()).items).toMatchObject([{ title: 'Call Ada every monday', due: null }]);
});

test('a click beside quick-add does not throw away what was typed', async ({ page, person }) => {
  await signIn(page, person);
  await page.keyboard.press('q');
  const bar = page.getByRole('textbox', { name: 'Add a task' });
  await bar.fill('Water the plants');
  await page.mouse.click(5, 5);
  await expect(bar).toHaveValue('Water the plants');
  await expect(bar).toBeFocused();
  await bar.press('Enter');
  await expect.poll(async () => (await person.tasks()).items.length).toBe(1);
  await page.mouse.click(5, 5);
  await expect(bar).toHaveCount(0);
});

test('a time in words keeps the day, a day keeps the time, and today is marked', async ({ page, person }) => {
  const task = await person.task({ title: 'Plan', due: `${day(12)}T17:00:00`, timezone: 'Europe/Berlin' });
  await signIn(page, person);
  await page.goto(`${person.url}/app/inbox?task=${task.id}`);
  const due = async () => (await person.tasks()).items[0]?.due;
  const say = async (words: string) => {
    await page.getByRole('dialog').getByRole('button', { name: /^Due/ }).click();
    await page.getByPlaceholder('Try').fill(words);
    await page.getByPlaceholder('Try').press('Enter');
  };
  await say('8pm');
  await expect.poll(due).toBe(`${day(12)}T20:00:00`);
  await say(day(1));
  await expect.poll(due).toBe(`${day(1)}T20:00:00`);
  await page.getByRole('dialog').getByRole('button', { name: /^Due/ }).click();
  await page.getByRole('button', { name: 'Today', exact: true }).click();
  await expect.poll(due).toBe(`${day()}T20:00:00`);
  await page.getByRole('dialog').getByRole('button', { name: /^Due/ }).click();
  await expect(page.locator('[aria-current=date]')).toHaveText(String(Number(day().slice(8))));
});

test('completing and deleting can be undone', async ({ page, person }) => {
  await person.task({ title: 'One', due: day() });
  await signIn(page, person);
  await page.getByRole('button', { name: 'Complete: One' }).click();
  await expect(page.getByText('Nothing left for today')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: 'One', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'One', exact: true }).focus();
  await page.keyboard.press('Delete');
  await expect(page.getByText('Nothing left for today')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('button', { name: 'One', exact: true })).toBeVisible();
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.status)).toEqual(['todo']);
});

test('a task is written in its sheet, which has an address', async ({ page, person }) => {
  const task = await person.task({ title: 'Plan', due: day() });
  await signIn(page, person);
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  const sheet = page.getByRole('dialog');
  await expect(page).toHaveURL(new RegExp(`task=${task.id}`));
  await sheet.getByRole('textbox', { name: 'Title' }).fill('Plan the trip');
  await sheet.getByRole('textbox', { name: 'Title' }).blur();
  await sheet.getByRole('button', { name: 'Add a description' }).click();
  await sheet.getByRole('textbox', { name: 'Description' }).fill('**Bold** <img src=x onerror="window.bad=1"> [bad](javascript:alert(1)) [good](https://example.org)');
  await sheet.getByRole('textbox', { name: 'Description' }).press('Control+Enter');
  await expect(sheet.locator('strong')).toHaveText('Bold');
  await expect(sheet.locator('.markdown img')).toHaveCount(0);
  await expect(sheet.getByText('good')).toHaveAttribute('href', 'https://example.org');
  expect(await sheet.getByText('bad', { exact: true }).getAttribute('href')).not.toMatch(/javascript/);
  await sheet.getByRole('button', { name: /^Due/ }).click();
  await page.getByPlaceholder('Try').fill('tomorrow 8:30');
  await page.getByPlaceholder('Try').press('Enter');
  await sheet.getByRole('textbox', { name: 'Priority' }).click();
  await page.getByRole('option', { name: 'Urgent' }).click();
  await sheet.getByRole('textbox', { name: 'Labels' }).fill('travel');
  await sheet.getByRole('textbox', { name: 'Labels' }).press('Enter');
  await expect
    .poll(async () => (await person.tasks()).items[0])
    .toMatchObject({ title: 'Plan the trip', due: `${day(1)}T08:30:00`, priority: 'urgent', labels: ['travel'] });
  await page.reload();
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('Plan the trip');
  expect(await page.evaluate(() => 'bad' in window)).toBe(false);
});

test('search finds as one types; the trash gives back', async ({ page, person }) => {
  await person.task({ title: 'Buy tulips' });
  await person.task({ title: 'Buy milk' });
  await signIn(page, person);
  await page.keyboard.press('/');
  await page.getByRole('searchbox').fill('tul');
  await expect(page.getByRole('listitem')).toHaveText([/Buy tulips/]);
  await page.getByRole('button', { name: 'Buy tulips', exact: true }).focus();
  await page.keyboard.press('Delete');
  await expect(page.getByText('Nothing found')).toBeVisible();
  await page.getByRole('link', { name: 'Trash' }).click();
  await page.getByRole('button', { name: 'Restore: Buy tulips' }).click();
  await expect(page.getByText('The trash is empty')).toBeVisible();
  await expect.poll(async () => (await person.tasks()).items.length).toBe(2);
});

test('a time that is typed is saved as a whole', async ({ page, person }) => {
  const task = await person.task({ title: 'Plan', due: `${day(3)}T17:00:00`, timezone: 'Europe/Berlin' });
  await signIn(page, person);
  await page.goto(`${person.url}/app/inbox?task=${task.id}`);
  const sent: string[] = [];
  page.on('request', (request) => request.method() === 'PATCH' && sent.push(request.postData() ?? ''));
  await page.getByRole('dialog').getByRole('button', { name: /^Due/ }).click();
  await page.getByLabel('Time', { exact: true }).focus();
  await page.keyboard.type('1830');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await person.tasks()).items[0]?.due).toBe(`${day(3)}T18:30:00`);
  expect(sent).toHaveLength(1);
});

test('what is restored without a connection waits, and is not offered again', async ({ page, context, person }) => {
  const task = await person.task({ title: 'Dig' });
  await person.call('DELETE', `/tasks/${task.id}`);
  await signIn(page, person);
  await page.getByRole('link', { name: 'Trash' }).click();
  const restore = page.getByRole('button', { name: 'Restore: Dig' });
  await expect(restore).toBeVisible();
  await context.setOffline(true);
  await restore.click();
  await expect(page.getByText('One change waits to be sent.')).toBeVisible();
  await expect(restore).toHaveCount(0);
  await context.setOffline(false);
  await expect.poll(async () => (await person.tasks()).items.length).toBe(1);
});

test('on a low screen every part of the due picker is within reach', async ({ page, person }) => {
  await page.setViewportSize({ width: 360, height: 560 });
  const task = await person.task({ title: 'Plan', due: day(3), description: 'One\n\nTwo\n\nThree' });
  await signIn(page, person);
  await page.goto(`${person.url}/app/inbox?task=${task.id}`);
  await page.getByRole('dialog').getByRole('button', { name: /^Due/ }).click();
  for (const part of [page.getByPlaceholder('Try'), page.getByLabel('Time', { exact: true }), page.getByRole('button', { name: 'Tomorrow', exact: true })]) {
    await part.scrollIntoViewIfNeeded();
    await expect(part).toBeInViewport({ ratio: 1 });
  }
  await page.getByRole('button', { name: 'Tomorrow', exact: true }).click();
  await expect.poll(async () => (await person.tasks()).items[0]?.due).toBe(day(1));
});
