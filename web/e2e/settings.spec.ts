import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, password, signIn, test, withMail } from './fixtures';

test('profile, language and look', async ({ page, person }) => {
  await signIn(page, person);
  await page.goto(`${person.url}/app/settings`);
  await page.getByRole('textbox', { name: 'Name' }).fill('Grace');
  await page.getByRole('textbox', { name: 'Time zone' }).fill('Auckland');
  await page.getByRole('option', { name: 'Pacific/Auckland' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => person.call('GET', '/profile')).toMatchObject({ name: 'Grace', timezone: 'Pacific/Auckland' });
  await expect(page.getByRole('navigation').getByText('Grace')).toBeVisible();
  await page.getByRole('textbox', { name: 'Language' }).click();
  await page.getByRole('option', { name: 'Deutsch' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Einstellungen' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.getByRole('textbox', { name: 'Farben' }).click();
  await page.getByRole('option', { name: 'Dunkel' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Einstellungen' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.keyboard.press('q');
  // The browser is given ß without a key press, which the page could collect before the bar is there.
  await expect(page.getByRole('textbox', { name: 'Aufgabe hinzufügen' })).toBeFocused();
  await page.keyboard.type('Blumen gießen morgen um 17 Uhr !hoch');
  await expect(page.getByText('Morgen 17:00')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await person.tasks()).items[0]).toMatchObject({ title: 'Blumen gießen', priority: 'high', timezone: 'Pacific/Auckland' });
});

test('what one is told of, and how', async ({ page, person }) => {
  await withMail(page);
  const garden = await person.project('Garden');
  const preferences = () => person.call('GET', '/notifications/preferences');
  await signIn(page, person);
  await page.goto(`${person.url}/app/settings?part=notifications`);
  await expect(page.getByRole('checkbox', { name: 'Security: Inbox' })).toBeDisabled();
  await page.getByRole('checkbox', { name: 'Due soon: E-mail' }).check();
  await page.getByRole('checkbox', { name: 'Reminders: Webhook' }).uncheck();
  await page.getByRole('switch', { name: 'Hold messages back at these hours' }).check();
  await page.getByLabel('From').fill('21:30');
  await page.getByLabel('From').blur();
  await page.getByRole('switch', { name: 'Every week' }).check();
  await page.getByRole('textbox', { name: 'Day of the weekly one' }).click();
  await page.getByRole('option', { name: 'Sunday' }).click();
  await page.getByLabel('Time', { exact: true }).fill('08:15');
  await page.getByLabel('Time', { exact: true }).blur();
  await page.getByRole('textbox', { name: 'Muted projects' }).click();
  await page.getByRole('option', { name: 'Garden' }).click();
  await expect.poll(preferences).toMatchObject({
    channels: { due_soon: { inbox: true, email: true }, reminder: { email: true, webhook: false } },
    quiet_hours: { from: '21:30', to: '07:00' },
    digest: { weekly: true, weekday: 'sunday', time: '08:15' },
    muted_projects: [garden.id],
  });
  await page.reload();
  await expect(page.getByRole('checkbox', { name: 'Due soon: E-mail' })).toBeChecked();
  await expect(page.getByLabel('From')).toHaveValue('21:30');
  await page.getByRole('switch', { name: 'Hold messages back at these hours' }).uncheck();
  await expect.poll(preferences).toMatchObject({ quiet_hours: null });
});

test('tokens are shown once, and revoked', async ({ page, person }) => {
  await signIn(page, person);
  await page.goto(`${person.url}/app/settings?part=integrations`);
  const tokens = page.getByRole('region', { name: 'Access tokens' });
  await tokens.getByRole('textbox', { name: 'Name' }).fill('script');
  // Typed anew, not on top of a 1.
  await tokens.getByRole('textbox', { name: 'Valid for days' }).fill('');
  await tokens.getByRole('textbox', { name: 'Valid for days' }).pressSequentially('30');
  await expect(tokens.getByRole('textbox', { name: 'Valid for days' })).toHaveValue('30');
  await tokens.getByRole('button', { name: 'Create token' }).click();
  const token = await tokens.locator('code').innerText();
  const answer = () => fetch(`${person.url}/api/v1/tasks`, { headers: { Authorization: `Bearer ${token}` } }).then(({ status }) => status);
  expect(await answer()).toBe(200);
  await page.getByRole('button', { name: 'Revoke script' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('No tokens.')).toBeVisible();
  await expect.poll(answer).toBe(401);
});

test('a webhook is added, tried, looked at, paused and deleted', async ({ page, person }) => {
  const came: IncomingMessage[] = [];
  const receiver = createServer((request, response) => {
    came.push(request);
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
  await signIn(page, person);
  await page.goto(`${person.url}/app/settings?part=integrations`);
  const webhooks = page.getByRole('region', { name: 'Webhooks' });
  await webhooks.getByRole('textbox', { name: 'Address' }).fill('nonsense');
  await webhooks.getByRole('button', { name: 'Add webhook' }).click();
  await expect(webhooks.getByRole('textbox', { name: 'Address' })).toHaveAttribute('aria-invalid', 'true');
  await webhooks.getByRole('textbox', { name: 'Address' }).fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`);
  await webhooks.getByRole('textbox', { name: 'Name' }).fill('Home');
  await webhooks.getByRole('button', { name: 'Add webhook' }).click();
  await expect(webhooks.locator('code')).toHaveText(/^whsec_/);
  await webhooks.getByRole('button', { name: 'Send a test: Home' }).click();
  await expect(page.getByText(/It arrived: 204/)).toBeVisible();
  expect(came.map(({ url }) => url)).toEqual(['/hook']);
  const options = webhooks.getByRole('button', { name: 'Options of Home' });
  await options.click();
  await page.getByRole('menuitem', { name: 'Last deliveries' }).click();
  await expect(page.getByRole('dialog', { name: 'Last deliveries' }).getByRole('listitem')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await options.click();
  await page.getByRole('menuitem', { name: 'Pause' }).click();
  await expect(webhooks.getByText(/^paused/)).toBeVisible();
  await options.click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No webhooks.')).toBeVisible();
  await new Promise((closed) => receiver.close(closed).closeAllConnections());
});

test('sessions end from afar; a new password ends the others', async ({ page, browser, person }) => {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  const elsewhere = await context.newPage();
  await signIn(elsewhere, person);
  await signIn(page, person);
  await page.goto(`${person.url}/app/settings?part=security`);
  const sessions = page.getByRole('list', { name: 'Where you are signed in' });
  // The test's own, the other browser's and this one.
  await expect(sessions.getByRole('listitem')).toHaveCount(3);
  for (const left of [2, 1]) {
    await sessions.getByRole('button', { name: /^End the session/ }).first().click();
    await expect(sessions.getByRole('listitem')).toHaveCount(left);
  }
  await expect(elsewhere.getByText('Your session has ended')).toBeVisible();
  await elsewhere.getByLabel('E-mail').fill(person.email);
  await elsewhere.getByRole('textbox', { name: 'Password' }).fill(password);
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();

  const form = page.getByRole('region', { name: 'Password and sessions' });
  await form.getByRole('textbox', { name: 'Current password' }).fill('not the password');
  await form.getByRole('textbox', { name: 'New password' }).fill('a quite different lot of words');
  await form.getByRole('button', { name: 'Change the password' }).click();
  await expect(form.getByRole('textbox', { name: 'Current password' })).toHaveAttribute('data-invalid', 'true');
  await form.getByRole('textbox', { name: 'Current password' }).fill(password);
  await form.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('The password is changed')).toBeVisible();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);
  await expect(elsewhere.getByText('Your session has ended')).toBeVisible();
  await context.close();
});

test('an account is deleted with its password, and kept by signing in again', async ({ page, person }) => {
  await person.task({ title: 'Dig' });
  await signIn(page, person);
  await page.goto(`${person.url}/app/settings?part=account`);
  await page.getByRole('button', { name: 'Delete my account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await dialog.getByRole('button', { name: 'Delete my account' }).click();
  await expect(dialog.getByRole('textbox', { name: 'Password' })).toHaveAttribute('data-invalid', 'true');
  await dialog.getByRole('textbox', { name: 'Password' }).fill(password);
  await dialog.getByRole('button', { name: 'Delete my account' }).click();
  await expect(page.getByText(/The account will be erased after/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: /^Inbox/ }).click();
  await expect(page.getByRole('button', { name: 'Dig', exact: true })).toBeVisible();
});

test('a time zone is found by its words and by the name it has today', async ({ page, person }) => {
  await signIn(page, person);
  await page.goto(`${person.url}/app/settings`);
  const zone = page.getByRole('textbox', { name: 'Time zone' });
  for (const [typed, found] of [
    ['new york', 'America/New_York'],
    ['kolkata', 'Asia/Calcutta'],
    ['york new', 'America/New_York'],
    ['kyiv', 'Europe/Kiev'],
  ] as const) {
    await zone.fill(typed);
    await expect(page.getByRole('option', { name: new RegExp(found) }), typed).toBeVisible();
  }
  await zone.fill('atlantis');
  await expect(page.getByText('Nothing fits.')).toBeVisible();
  await zone.fill('kolkata');
  await page.getByRole('option').first().click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => person.call('GET', '/profile')).toMatchObject({ timezone: 'Asia/Calcutta' });
});
