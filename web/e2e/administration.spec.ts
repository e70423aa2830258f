import { expect, password, register, signIn, test } from './fixtures';

test('an administrator gives roles, disables and invites', async ({ page, browser, administrator, program }) => {
  const member = await register(program.url);
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  const theirs = await context.newPage();
  await signIn(theirs, member);
  await expect(theirs.getByRole('link', { name: 'Administration' })).toHaveCount(0);
  await theirs.goto(`${program.url}/app/administration`);
  await expect(theirs.getByText('This part is for administrators.')).toBeVisible();

  await signIn(page, administrator);
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('textbox', { name: `Role of ${member.email}` }).click();
  await page.getByRole('option', { name: 'Administrator' }).click();
  await expect.poll(() => administrator.call('GET', `/users/${member.id}`)).toMatchObject({ role: 'administrator' });
  await page.getByRole('button', { name: `Disable ${member.email}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByRole('button', { name: `Enable ${member.email}` })).toBeVisible();
  await theirs.reload();
  await expect(theirs.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: `Enable ${member.email}` }).click();
  await expect(page.getByRole('button', { name: `Disable ${member.email}` })).toBeVisible();

  const email = `invited-${Date.now()}@example.org`;
  await page.getByRole('textbox', { name: /^E-mail/ }).fill(email);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  const link = await page.locator('code').innerText();
  // In the fragment, which no server and no log sees. Links of before keep working.
  expect(link).toContain('/app/sign-up#invitation=');
  await theirs.goto(link.replace('#', '?'));
  await expect(theirs.getByRole('textbox', { name: 'Invitation' })).not.toHaveValue('');
  await theirs.goto('about:blank');
  await theirs.goto(link);
  await expect(theirs.getByRole('textbox', { name: 'Invitation' })).not.toHaveValue('');
  await theirs.getByLabel('E-mail').fill(email);
  await theirs.getByRole('textbox', { name: 'Password' }).fill(password);
  await theirs.getByRole('button', { name: 'Create account' }).click();
  await expect(theirs.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByRole('button', { name: 'Withdraw the invitation of Anyone' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
  await expect(page.getByText('No open invitations.')).toBeVisible();
  await context.close();
});

test('an announcement reaches everyone', async ({ page, administrator, person }) => {
  await signIn(page, administrator);
  await page.goto(`${person.url}/app/administration`);
  const title = `Maintenance ${person.id}`;
  const announcements = page.getByRole('region', { name: 'Announcements' });
  await announcements.getByRole('textbox', { name: 'Title' }).fill(title);
  await announcements.getByRole('textbox', { name: 'Text' }).fill('On Sunday.');
  await announcements.getByRole('button', { name: 'Announce' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Announce' }).click();
  await expect(announcements.getByRole('listitem').filter({ hasText: title })).toContainText(' · told · ');
  await expect.poll(async () => (await person.call<{ items: { title: string }[] }>('GET', '/notifications')).items.map((item) => item.title)).toEqual([title]);
});
