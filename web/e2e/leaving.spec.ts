import { anotherTab, expect, quickAdd, signIn, test } from './fixtures';

test('who signs out is asked before what was not sent is lost', async ({ page, context, person }) => {
  const titles = async () => (await person.tasks()).items.map((task) => task.title).sort();
  await signIn(page, person);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.waitForTimeout(2_000);
  await context.setOffline(true);
  await quickAdd(page, 'Made offline today');
  await page.getByRole('button', { name: 'Sign out' }).click();
  const ask = page.getByRole('dialog', { name: 'Sign out' });
  await expect(ask).toContainText('One change was not sent. Sign out and lose it?');
  await ask.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'Made offline', exact: true })).toBeVisible();
  await quickAdd(page, 'And another today');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ask).toContainText('2 changes were not sent. Sign out and lose them?');
  // What goes out after all, is not lost.
  await context.setOffline(false);
  await expect(page.getByRole('textbox', { name: 'Password' })).toBeVisible();
  expect(await titles()).toEqual(['And another', 'Made offline']);

  await signIn(page, person);
  await context.setOffline(true);
  await quickAdd(page, 'Not worth it today');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await ask.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('textbox', { name: 'Password' })).toBeVisible();
  await context.setOffline(false);
  await signIn(page, person);
  await expect(page.getByRole('button', { name: 'Made offline', exact: true })).toBeVisible();
  expect(await titles()).toEqual(['And another', 'Made offline']);
});

test('what another tab has not sent is asked for too', async ({ page, context, person }) => {
  await signIn(page, person);
  const other = await anotherTab(context, person);
  await context.setOffline(true);
  await quickAdd(page, 'Made here today');
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(other.getByRole('dialog', { name: 'Sign out' })).toContainText('One change was not sent.');
  await context.setOffline(false);
  for (const each of [page, other]) await expect(each.getByRole('textbox', { name: 'Password' })).toBeVisible();
  expect((await person.tasks()).items.map((task) => task.title)).toEqual(['Made here']);
});

test('many changes go out before the session ends', async ({ page, person }) => {
  const project = await person.project('Long');
  await Promise.all(Array.from({ length: 200 }, (_, index) => person.task({ title: `Task ${index}`, project_id: project.id })));
  await signIn(page, person);
  await page.getByRole('link', { name: /^Long/ }).click();
  await expect(page.getByText('200 tasks')).toBeVisible();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('textbox', { name: 'Password' })).toBeVisible({ timeout: 60_000 });
  expect((await person.tasks()).items.filter((task) => task.status !== 'done')).toEqual([]);
});
