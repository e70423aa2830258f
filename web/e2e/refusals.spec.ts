import { expect, password, quickAdd, signIn, test } from './fixtures';

test('a service that does not answer is not taken for an empty list', async ({ page, person }) => {
  test.slow();
  await signIn(page, person);
  for (const [place, path, empty] of [
    ['trash', 'trash', 'The trash is empty'],
    ['notifications', 'notifications', 'Nothing new'],
    ['search?q=tulips', 'tasks', 'Nothing found'],
  ] as const) {
    await page.route(`**/api/v1/${path}?*`, (route) => route.abort());
    await page.goto(`${person.url}/app/${place}`);
    await expect(page.getByRole('heading', { name: 'The service does not answer' }), place).toBeVisible();
    await expect(page.getByText(empty)).toHaveCount(0);
    await page.unroute(`**/api/v1/${path}?*`);
    await page.getByRole('main').getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByText(empty), place).toBeVisible();
  }
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
});
