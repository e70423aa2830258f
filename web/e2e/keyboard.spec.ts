import { day, expect, quickAdd, signIn, test } from './fixtures';

test('the main job by the keyboard alone', async ({ page, person }) => {
  await signIn(page, person);
  await quickAdd(page, 'First today', 'Second today', 'Third today');
  await expect(page.getByRole('list', { name: 'Today' }).getByRole('listitem')).toHaveCount(3);
  await page.keyboard.press('j');
  await expect(page.getByRole('button', { name: 'First', exact: true })).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('e');
  await expect(page.getByRole('button', { name: 'Second', exact: true })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Third', exact: true })).toBeFocused();
  await page.keyboard.press('x');
  await page.keyboard.press('k');
  await page.keyboard.press('x');
  await expect(page.getByRole('toolbar')).toContainText('2 selected');
  await page.keyboard.press('2');
  await expect(page.getByRole('toolbar')).toHaveCount(0);
  await expect.poll(async () => (await person.tasks()).items.map((task) => `${task.title} ${task.status} ${task.priority}`).sort()).toEqual(['First todo high', 'Second done none', 'Third todo high']);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('First');
  await page.getByRole('button', { name: /^Due/ }).press('Enter');
  await expect(page.getByPlaceholder(/next friday/)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByPlaceholder(/next friday/)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  // The focus is where it was.
  await expect(page.getByRole('button', { name: 'First', exact: true })).toBeFocused();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('textbox', { name: 'Commands' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'First', exact: true })).toBeFocused();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('textbox', { name: 'Commands' })).toBeFocused();
  await page.keyboard.type('cal');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Calendar' })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await expect(page.getByRole('heading', { level: 1, name: 'Inbox' })).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible();
});

test('who types faster than the page opens loses no letter', async ({ page, person }) => {
  await signIn(page, person);
  await page.keyboard.type('qWater the plants today');
  await page.keyboard.press('Enter');
  await expect(page.getByText('The bar stays open')).toBeVisible();
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.title)).toEqual(['Water the plants']);
});

test.describe('while the bar’s code is on its way', () => {
  test.use({ serviceWorkers: 'block' }); // it would bring the code along

  test('what is typed and entered before the bar is there is added when it comes', async ({ page, person }) => {
    let late = () => {};
    const held = new Promise<void>((resolve) => (late = resolve));
    await page.route('**/QuickAdd*.js', async (route) => {
      await held;
      await route.continue();
    });
    await signIn(page, person);
    await page.keyboard.type('qWater the plants today');
    await page.keyboard.press('Enter');
    await page.keyboard.type('tomorrow');
    await page.keyboard.press('Enter'); // no task yet, and not lost
    await page.keyboard.type('feed the ca');
    late();
    await expect(page.getByRole('textbox', { name: 'Add a task' })).toHaveValue('tomorrow feed the ca');
    await page.keyboard.type('t');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await person.tasks()).items.map((task) => task.title).sort()).toEqual(['Water the plants', 'feed the cat']);
  });
});

test('what has the focus is never under the bar of actions', async ({ page, person }) => {
  const project = await person.project('Long');
  await Promise.all(Array.from({ length: 40 }, (_, index) => person.task({ title: `Task ${index}`, project_id: project.id })));
  await signIn(page, person);
  await page.goto(`${person.url}/app/project/${project.id}`);
  await expect(page.getByText('40 tasks')).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const bar = page.getByRole('toolbar');
  await expect(bar).toContainText('1 selected');
  for (let each = 0; each < 20; ++each) await page.keyboard.press('j');
  const focused = page.locator('[data-task]:has(:focus)');
  await expect(focused).toBeVisible();
  await expect.poll(async () => ((await focused.boundingBox())?.y ?? 0) + ((await focused.boundingBox())?.height ?? 0)).toBeLessThanOrEqual((await bar.boundingBox())?.y ?? 0);
  expect((await focused.boundingBox())?.y).toBeGreaterThan(0);
});

test('a key that comes twice does no harm', async ({ page, person }) => {
  for (const title of ['One', 'Two']) await person.task({ title, due: day() });
  await signIn(page, person);
  const one = page.getByRole('button', { name: 'One', exact: true });
  await one.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('One');
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(one).toBeFocused();
  expect((await person.tasks()).items.map((task) => task.status)).toEqual(['todo', 'todo']);

  await page.keyboard.press('x');
  await expect(page.getByRole('toolbar')).toContainText('1 selected');
  await one.blur();
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+X');
  await expect(page.getByRole('toolbar')).toContainText('1 selected');
});

test('undo takes back the last change, and never an older one', async ({ page, person }) => {
  for (const title of ['One', 'Two']) await person.task({ title, due: day() });
  const now = async () => (await person.tasks()).items.map((task) => `${task.title} ${task.status} ${task.priority}`).sort();
  await signIn(page, person);
  await page.getByRole('button', { name: 'Complete: One' }).click();
  await expect.poll(now).toEqual(['One done none', 'Two todo none']);
  await page.getByRole('button', { name: 'Two', exact: true }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Priority' }).click();
  await page.getByRole('option', { name: 'Urgent' }).click();
  await expect.poll(now).toEqual(['One done none', 'Two todo urgent']);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect.poll(now).toEqual(['One done none', 'Two todo none']);
  // An edit that offers no undo is not passed over for the one before it.
  await page.getByRole('button', { name: 'Complete: Two' }).click();
  await expect.poll(now).toEqual(['One done none', 'Two done none']);
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Garden');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await quickAdd(page, 'Three today');
  await expect.poll(now).toEqual(['One done none', 'Three todo none', 'Two done none']);
});

test('the keys of a menu are its own', async ({ page, person }) => {
  await person.task({ title: 'One', due: day() });
  await signIn(page, person);
  await page.getByRole('button', { name: 'One', exact: true }).focus();
  await page.keyboard.press('x');
  await page.getByRole('toolbar').getByRole('button', { name: 'Priority' }).click();
  await expect(page.getByRole('menuitem', { name: 'Medium' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  // As somebody does who looks for "Medium".
  await page.keyboard.press('m');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(page.getByRole('toolbar')).toContainText('1 selected');
  await expect(page.getByRole('button', { name: 'One', exact: true })).toBeVisible();
  expect((await person.tasks()).items).toMatchObject([{ due: day() }]);
});

test('the key for the search finds its field again', async ({ page, person }) => {
  await signIn(page, person);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.getByRole('searchbox').blur();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
});
