import { expect, password, signIn, test, withMail } from './fixtures';

test('somebody signs up, out and in; faults stand beside their fields', async ({ page, program, administrator }) => {
  expect(administrator.id).toBeTruthy();
  await page.goto(`${program.url}/app/sign-up`);
  const email = `new-${Date.now()}@example.org`;
  await page.getByLabel('Name').fill('Grace');
  await page.getByLabel('E-mail').fill('nonsense');
  await page.getByRole('textbox', { name: 'Password' }).fill('password1');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('textbox', { name: 'Password' })).toHaveAttribute('data-invalid', 'true');
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing left for today' })).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
});

test('the session outlives a reload, and no script can reach its secrets', async ({ page, context, person }) => {
  await signIn(page, person);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  const seen = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie);
  expect(seen).not.toMatch(/eyJ|refresh_token/);
  expect((await context.cookies()).filter((cookie) => !cookie.httpOnly)).toEqual([]);
});

test('a token that runs out is renewed once, however many ask', async ({ page, person }) => {
  await signIn(page, person);
  const renewals: string[] = [];
  page.on('request', (request) => request.url().endsWith('/token/refresh') && renewals.push(request.url()));
  await page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 14.8 * 60_000;
  });
  for (const name of ['Trash', 'Notifications', 'Settings']) await page.getByRole('link', { name }).click();
  await expect(page.getByRole('textbox', { name: 'Time zone' })).toBeVisible();
  expect(renewals).toHaveLength(1);
});

test('a session that is ended in the middle asks to sign in, and loses nothing', async ({ page, person }) => {
  // The stream would tell the page at once, perhaps before the click.
  await page.route('**/stream*', (route) => route.abort());
  await person.task({ title: 'Unfinished' });
  await signIn(page, person);
  await page.getByRole('link', { name: /^Inbox/ }).click();
  await expect(page.getByText('Unfinished')).toBeVisible();
  const sessions = await person.call<{ items: { id: string; current: boolean }[] }>('GET', '/sessions');
  for (const session of sessions.items) if (!session.current) await person.call('DELETE', `/sessions/${session.id}`);
  await page.getByRole('button', { name: 'Complete: Unfinished' }).click();
  await expect(page.getByText('Your session has ended')).toBeVisible();
  await expect(page).toHaveURL(/\/app\/inbox/);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Inbox' })).toBeVisible();
  await expect.poll(async () => (await person.tasks()).items[0]?.status).toBe('done');
});

test('links of mails that are not whole say so', async ({ page, program }) => {
  await page.goto(`${program.url}/app/reset-password`);
  await expect(page.getByText('This link is incomplete')).toBeVisible();
  await page.goto(`${program.url}/app/verify-email#token=wrong`);
  await expect(page.getByRole('status')).not.toHaveText('One moment…');
  await expect(page).toHaveURL(/verify-email$/);
  await page.goto(`${program.url}/app/forgot-password`);
  await expect(page.getByText('This installation sends no e-mail')).toBeVisible();
  await withMail(page);
  await page.reload();
  await page.getByLabel('E-mail').fill('nobody@example.org');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByText('a link is on its way')).toBeVisible();
});

test('who may not register is told before filling in a form', async ({ page, program }) => {
  let mode = 'closed';
  await page.route('**/registration', (route) => route.fulfill({ json: { mode } }));
  await page.goto(`${program.url}/app/sign-in`);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Create account' })).toHaveCount(0);
  await page.goto(`${program.url}/app/sign-up`);
  await expect(page.getByText('Accounts are made by the administrator')).toBeVisible();
  mode = 'invitation';
  await page.reload();
  await expect(page.getByLabel('Invitation')).toBeVisible();
});

test('an address is confirmed by a link; a forgotten password is set anew by another', async ({ page, program, person }) => {
  const link = async (command: string) => /http\S+/.exec(await program.command('user', command, person.email))![0];
  await withMail(page);
  await signIn(page, person);
  await page.goto(`${program.url}/app/settings`);
  await expect(page.getByText('Your e-mail address is not confirmed.')).toBeVisible();
  await page.goto(await link('verify-email'));
  await expect(page.getByText('Thank you, your e-mail address is confirmed.')).toBeVisible();
  await page.getByRole('link', { name: 'To my tasks' }).click();
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('textbox', { name: 'E-mail' })).toHaveValue(person.email);
  await expect(page.getByText('Your e-mail address is not confirmed.')).toHaveCount(0);

  const reset = await link('reset-password');
  const another = 'eleven green pelicans in a rowing boat';
  await page.goto(reset);
  await page.getByRole('textbox', { name: 'New password' }).fill('password1');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('textbox', { name: 'New password' })).toHaveAttribute('data-invalid', 'true');
  await page.getByRole('textbox', { name: 'New password' }).fill(another);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The password is changed')).toBeVisible();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(another);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  // The link is good once.
  await page.goto('about:blank');
  await page.goto(reset);
  await page.getByRole('textbox', { name: 'New password' }).fill('and another seven words of no use');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
});
