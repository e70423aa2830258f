import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { day, expect, signIn, test } from './fixtures';

/** The addresses of the page that the services write into notifications and mails. An id belongs behind a slash at the end. */
function written(): string[] {
  const found = new Set<string>();
  for (const service of ['notification-service', 'task-service', 'user-service']) {
    for (const name of readdirSync(join('..', service), { recursive: true, encoding: 'utf8' })) {
      if (!/\.[ch]pp$/.test(name) || /(^|\/)tests\//.test(name)) continue;
      for (const [, link] of readFileSync(join('..', service, name), 'utf8').matchAll(/"(\/app\/[^"\s]*)"/g)) found.add(link!);
    }
  }
  return [...found];
}

test('whatever the services link to is an address of the page', async ({ page, person }) => {
  const task = await person.task({ title: 'Dig', due: day() });
  const links = written();
  expect(links.length).toBeGreaterThan(5);
  await signIn(page, person);
  for (const link of links) {
    await page.goto('about:blank');
    await page.goto(`${person.url}${link.endsWith('/') ? link + task.id : link}`);
    await expect(page.getByRole('heading', { level: 1 }), link).toBeVisible();
    await expect(page.getByText('There is nothing here.'), link).toHaveCount(0);
  }
  await page.goto(`${person.url}/app/settings/security`);
  await expect(page).toHaveURL(/\/app\/settings\?part=security$/);
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Password and sessions');
});

test('a reminder’s link opens its task, a security notice’s the settings', async ({ page, person }) => {
  const task = await person.task({ title: 'Water the plants', due: day() });
  await person.call('POST', `/tasks/${task.id}/reminders`, { at: new Date(Date.now() + 2_000).toISOString() });
  await person.call('POST', '/tokens', { name: 'Phone', scopes: ['tasks:read'], expires_in_days: 9 });
  await signIn(page, person);
  await page.getByRole('link', { name: /^Notifications/ }).click();
  await page.getByRole('listitem').filter({ hasText: 'Water the plants' }).getByRole('link', { name: 'Open' }).click();
  await expect(page.getByRole('dialog').getByRole('textbox', { name: 'Title' })).toHaveValue('Water the plants');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: /^Notifications/ }).click();
  await page.getByRole('listitem').filter({ hasText: 'Phone' }).getByRole('link', { name: 'Open' }).click();
  await expect(page.getByRole('tab', { selected: true })).toHaveText('Password and sessions');
});
