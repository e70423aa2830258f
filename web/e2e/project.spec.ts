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
