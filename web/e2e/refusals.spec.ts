import { expect, password, quickAdd, signIn, test } from './fixtures';

test('a service that does not answer is not taken for an empty list', async ({ page, person }) => {
  test.slow();
  const failed = page.getByRole('heading', { name: 'The service does not answer' });
  const again = page.getByRole('main').getByRole('button', { name: 'Try again' });
  // What was known before would be shown.
  await page.route('**/api/v1/notifications?*', (route) => route.abort());
  await signIn(page, person);
  await page.getByRole('link', { name: /^Notifications/ }).click();
  await expect(failed).toBeVisible();
  await expect(page.getByText('Nothing new')).toHaveCount(0);
  await page.unroute('**/api/v1/notifications?*');
  await again.click();
  await expect(page.getByRole('list', { name: 'Notifications' }).or(page.getByText('Nothing new'))).toBeVisible();
  for (const [place, path, empty] of [
    ['trash', 'trash', 'The trash is empty'],
    ['search?q=tulips', 'tasks', 'Nothing found'],
  ] as const) {
    await page.route(`**/api/v1/${path}?*`, (route) => route.abort());
    await page.goto(`${person.url}/app/${place}`);
    await expect(failed, place).toBeVisible();
    await expect(page.getByText(empty)).toHaveCount(0);
    await page.unroute(`**/api/v1/${path}?*`);
    await again.click();
    await expect(page.getByText(empty), place).toBeVisible();
  }
});

test('no part of the settings or the administration takes what it could not have for nothing', async ({ page, administrator: person }) => {
  test.slow();
  const failed = page.getByRole('alert').filter({ hasText: 'The service does not answer' });
  await signIn(page, person);
  for (const [place, paths] of [
    ['settings?part=security', ['sessions']],
    ['settings?part=integrations', ['tokens', 'webhooks']],
    ['settings?part=notifications', ['notifications/preferences']],
    ['administration', ['users', 'invitations', 'announcements']],
  ] as const) {
    const patterns = paths.map((path) => new RegExp(`/api/v1/${path}(\\?|$)`));
    for (const pattern of patterns) await page.route(pattern, (route) => route.abort());
    await page.goto(`${person.url}/app/${place}`);
    await expect(failed, place).toHaveCount(paths.length);
    for (const pattern of patterns) await page.unroute(pattern);
    for (const _ of paths) await failed.first().getByRole('button', { name: 'Try again' }).click();
    await expect(failed, place).toHaveCount(0);
  }
});

test('tasks and projects that cannot be had are not taken for none', async ({ page, person }) => {
  test.slow();
  const failed = page.getByRole('heading', { name: 'The service does not answer' });
  await person.task({ title: 'Dig' });
  for (const [path, views] of [
    ['projects', [/^Inbox/]],
    ['tasks', [/^Today/, /^Inbox/, 'Upcoming', 'Calendar']],
  ] as const) {
    await page.route(`**/api/v1/${path}?*`, (route) => route.abort());
    // What was known before would be shown.
    await page.addInitScript(() => indexedDB.deleteDatabase('cumulo-state'));
    await page.goto(`${person.url}/app/today`);
    if (path === 'projects') await signIn(page, person);
    for (const name of views) {
      await page.getByRole('link', { name }).click();
      await expect(failed, `${path} ${name}`).toBeVisible();
    }
    await expect(page.getByText('Your inbox is empty')).toHaveCount(0);
    await page.unroute(`**/api/v1/${path}?*`);
    await page.getByRole('link', { name: /^Inbox/ }).click();
    const dig = page.getByRole('button', { name: 'Dig', exact: true });
    await expect(failed.or(dig)).toBeVisible();
    if (await failed.isVisible()) await page.getByRole('main').getByRole('button', { name: 'Try again' }).click();
    await expect(dig).toBeVisible();
  }
});

test('what is not there yet, or cannot be had, is not said to be gone', async ({ page, person }) => {
  const project = await person.project('Garden');
  const task = await person.task({ title: 'Dig', project_id: project.id, status: 'done' });
  let release = () => {};
  const held = new Promise<void>((later) => (release = later));
  await page.route('**/api/v1/projects?*', async (route) => {
    await held;
    await route.continue();
  });
  const tasks = page.waitForResponse(/\/api\/v1\/tasks\?/);
  await page.goto(`${person.url}/app/project/${project.id}`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await tasks;
  await page.waitForTimeout(500);
  await expect(page.getByText('There is nothing here.')).toHaveCount(0);
  release();
  await expect(page.getByRole('heading', { level: 1, name: 'Garden' })).toBeVisible();

  await page.route(`**/api/v1/tasks/${task.id}`, (route) => route.abort());
  await page.goto(`${person.url}/app/today?task=${task.id}`);
  const sheet = page.getByRole('dialog');
  await expect(sheet).toContainText('The service does not answer');
  await expect(sheet).not.toContainText('no longer here');
  await person.call('DELETE', `/tasks/${task.id}`);
  await page.unroute(`**/api/v1/tasks/${task.id}`);
  await page.reload();
  await expect(sheet).toContainText('This task is no longer here.');
});

test('a task that is refused says why, and its title is not lost', async ({ page, person }) => {
  await signIn(page, person);
  await quickAdd(page, `Buy tulips today @${'x'.repeat(120)}`);
  const told = page.getByRole('alert').filter({ hasText: 'That did not work' });
  await expect(told).toContainText('Buy tulips');
  await expect(told).toContainText('At most');
  await expect(told).not.toContainText('has a fault');
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE' });

  test('what the service refuses is said in German', async ({ page, person }) => {
    await page.goto(`${person.url}/app/sign-in`);
    await page.getByLabel('E-Mail').fill(person.email);
    await page.getByRole('textbox', { name: 'Passwort' }).fill('not the password');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await expect(page.getByRole('alert')).toHaveText('Die E-Mail-Adresse oder das Passwort stimmt nicht.');
    await page.goto(`${person.url}/app/sign-up`);
    await page.getByLabel('E-Mail').fill('neu@example.org');
    const field = page.getByRole('textbox', { name: 'Passwort' });
    const fault = page.locator('.mantine-PasswordInput-error');
    await field.fill('kurz');
    await page.getByRole('button', { name: 'Konto anlegen' }).click();
    await expect(fault).toHaveText('Ein Passwort hat mindestens 8 Zeichen.');
    await field.fill('password1');
    await page.getByRole('button', { name: 'Konto anlegen' }).click();
    await expect(fault).toHaveText(/schnell erraten/);
    await page.getByLabel('E-Mail').fill(person.email);
    await field.fill(password);
    await page.getByRole('button', { name: 'Konto anlegen' }).click();
    await expect(page.getByText('Diese E-Mail-Adresse hat schon ein Konto.')).toBeVisible();
  });
});

test('over plain HTTP from afar the sign-in page says what is missing', async ({ page, person }) => {
  await page.goto(`${person.url}/app/sign-in`);
  await expect(page.getByLabel('E-mail')).toBeVisible();
  await expect(page.getByText('HTTPS')).toHaveCount(0);
  const afar = 'http://tasks.example.org';
  await page.route(`${afar}/**`, async (route) => route.fulfill({ response: await route.fetch({ url: route.request().url().replace(afar, person.url) }) }));
  await page.goto(`${afar}/app/sign-in`);
  await expect(page.getByText(/needs HTTPS/)).toBeVisible();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});
