import { day, expect, signIn, test } from './fixtures';

test('an archived project shows its open tasks, which can be worked with', async ({ page, person }) => {
  const project = await person.project('Old house');
  await person.task({ title: 'Paint the door', project_id: project.id, due: day() });
  await person.task({ title: 'Sell the shed', project_id: project.id });
  await person.call('PATCH', `/projects/${project.id}`, { archived: true });
  await signIn(page, person);
  await page.getByRole('button', { name: /^Archived projects/ }).click();
  await page.getByRole('link', { name: /^Old house/ }).click();
  await expect(page.getByText('2 tasks')).toBeVisible();
  await page.getByRole('button', { name: 'Complete: Paint the door' }).click();
  await expect(page.getByRole('listitem')).toHaveText([/Sell the shed/]);
  await expect.poll(async () => (await person.call<{ items: unknown[] }>('GET', `/tasks?completed=false&project_id=${project.id}`)).items.length).toBe(1);
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('listitem')).toHaveCount(2);
  // Changed or not, it is no task of today.
  await page.getByRole('link', { name: /^Today/ }).click();
  await expect(page.getByText('Nothing left for today')).toBeVisible();
  await page.getByRole('link', { name: /^Old house/ }).click();
  await page.getByRole('button', { name: 'Sell the shed', exact: true }).focus();
  await page.keyboard.press('e');
  await expect(page.getByRole('listitem')).toHaveText([/Paint the door/]);
  await page.getByRole('button', { name: 'Paint the door', exact: true }).focus();
  await page.keyboard.press('Delete');
  await expect(page.getByRole('listitem')).toHaveCount(0);
  await expect.poll(async () => (await person.call<{ items: unknown[] }>('GET', `/tasks?completed=false&project_id=${project.id}`)).items.length).toBe(0);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('completed tasks are all within reach, the last one first', async ({ page, person }) => {
  const project = await person.project('Done');
  for (let index = 0; index < 120; ++index) {
    await person.task({ title: `Task ${index}`, project_id: project.id, status: 'done', priority: index === 0 ? 'urgent' : 'none' });
  }
  await signIn(page, person);
  await page.goto(`${person.url}/app/project/${project.id}?done=true`);
  await expect(page.getByRole('button', { name: /^Task/ }).first()).toHaveText('Task 119');
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(page.getByRole('button', { name: 'Load more' })).toBeEnabled();
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(page.getByRole('button', { name: 'Load more' })).toHaveCount(0);
  await page.keyboard.press('End');
  await expect(page.getByRole('button', { name: 'Task 0', exact: true })).toBeVisible();
});

test('a task that is written in a new project lands there, though the service names it meanwhile', async ({ page, person }) => {
  let release = () => {};
  const held = new Promise<void>((later) => (release = later));
  await signIn(page, person);
  await page.route('**/api/v1/projects', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.continue();
  });
  await page.getByRole('button', { name: 'New project' }).click();
  // A colour has a name for those who hear it.
  await page.getByRole('dialog').getByRole('radio', { name: 'Green' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Garden');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Add task: Garden' }).click();
  await page.getByRole('textbox', { name: 'Add a task' }).fill('Dig');
  release();
  await expect(page).toHaveURL(/project\/(?!local-)/);
  await page.getByRole('textbox', { name: 'Add a task' }).press('Enter');
  await expect.poll(async () => (await person.tasks()).items.map((task) => page.url().endsWith(task.project_id))).toEqual([true]);
});

test('a project’s colour is changed without taking back the name that another gave it', async ({ page, person }) => {
  const { id } = await person.project('Garden');
  await signIn(page, person);
  await page.goto(`${person.url}/app/project/${id}`);
  await page.getByRole('main').getByRole('button', { name: 'Options of Garden' }).click();
  await page.getByRole('menuitem', { name: 'Edit project' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('Garden');
  await person.call('PATCH', `/projects/${id}`, { name: 'Park' });
  await expect(page.getByRole('heading', { level: 1, name: 'Park', includeHidden: true })).toBeVisible();
  await dialog.getByRole('radio', { name: 'Violet' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => person.call('GET', `/projects/${id}`)).toMatchObject({ name: 'Park', color: '#7c3aed' });
});

test('a task that is made and moved before the service knows its project is no conflict', async ({ page, context, person }) => {
  await person.project('Park');
  await signIn(page, person);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.waitForTimeout(2_000);
  await context.setOffline(true);
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Garden');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Add task: Garden' }).click();
  await page.getByRole('textbox', { name: 'Add a task' }).fill('Dig');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Dig', exact: true }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Project' }).click();
  await page.getByRole('option', { name: 'Park' }).click();
  await page.keyboard.press('Escape');
  await context.setOffline(false);
  const park = (await person.call<{ items: { id: string; name: string }[] }>('GET', '/projects')).items.find(({ name }) => name === 'Park')!;
  await expect.poll(async () => (await person.tasks()).items.map((task) => task.project_id)).toEqual([park.id]);
  await expect(page.getByText('Changed in two places')).toHaveCount(0);
});
