// Every view in every size and both looks, to be judged by eye: npm run pictures. They are in build/pictures afterwards.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { day, expect, password, register, signIn, test, type Person } from '../e2e/fixtures';

const folder = process.env.CUMULO_PICTURES ?? resolve('../build/pictures');
const zone = { timezone: 'Europe/Berlin' };

interface Filled {
  garden: string;
  crowd: string;
  open: string;
}

async function fill(person: Person): Promise<Filled> {
  const project = (name: string, color: string) => person.call<{ id: string }>('POST', '/projects', { name, color });
  const garden = await project('Garden', '#2f8f46');
  const book = await project('The book', '#7c3aed');
  const move = await project('Move to Lisbon', '#c2410c');
  const crowd = await project('Everything that the association has to do before the summer party in July', '#0f766e');
  await person.task({ title: 'Renew the passport', due: day(-4), priority: 'urgent', labels: ['paperwork'] });
  await person.task({ title: 'Answer Grace about the translation', due: day(-1), project_id: book.id, priority: 'high' });
  const open = await person.task({
    title: 'Plant the tulips along the southern wall',
    due: `${day()}T23:30:00`,
    ...zone,
    project_id: garden.id,
    priority: 'high',
    labels: ['outside', 'saturday'],
    description: 'Twelve *Queen of Night*, **15 cm deep**.\n\n- [x] buy bulbs\n- [ ] compost from [the yard](https://example.org)\n\n> Water well for a week.',
  });
  await person.task({ title: 'Call the landlord', due: `${day()}T23:45:00`, ...zone, project_id: move.id, priority: 'medium' });
  await person.task({ title: 'Write 500 words', due: day(), project_id: book.id });
  await person.task({ title: 'Water the tomatoes', due: day(), project_id: garden.id, labels: ['outside'], status: 'in_progress' });
  await person.task({ title: 'Buy bread and coffee', due: day() });
  await person.task({ title: 'Book the flights', due: day(1), project_id: move.id, priority: 'urgent' });
  await person.task({ title: 'Read the second chapter once more', due: day(1), project_id: book.id, labels: ['quiet'] });
  await person.task({ title: 'Dinner with Ada', due: `${day(2)}T19:30:00`, ...zone });
  await person.task({ title: 'Prune the apple tree', due: day(3), project_id: garden.id, priority: 'low' });
  for (let each = 0; each < 7; ++each) await person.task({ title: ['Sort the cellar', 'Sell the bicycle', 'Cancel the gas', 'New address: bank', 'New address: insurance', 'Boxes', 'Say goodbye to the neighbours'][each], due: day(5), project_id: move.id });
  await person.task({ title: 'Send the manuscript', due: day(9), project_id: book.id, priority: 'high' });
  await person.task({ title: 'Compost', project_id: garden.id });
  const raked = await person.task({ title: 'Rake the leaves', project_id: garden.id });
  await person.call('PATCH', `/tasks/${raked.id}`, { status: 'done' });
  for (const title of ['A gift for Linus', 'Learn how to sharpen knives', 'Look at the old photographs']) await person.task({ title });
  await person.task({ title: 'A title without any end, because somebody pasted the whole first paragraph of an e-mail into it, and never came back to shorten it to what has to be done', labels: ['averyveryverylonglabelwithoutanyspace', 'another'], project_id: crowd.id, due: day(4), priority: 'urgent' });
  for (let each = 0; each < 60; ++each) await person.task({ title: `Ask for the ${each + 1}. offer`, project_id: crowd.id, priority: (['none', 'low', 'medium', 'high', 'urgent'] as const)[each % 5], ...(each % 3 ? {} : { due: day(each) }) });
  const gone = await person.task({ title: 'An old idea' });
  await person.call('DELETE', `/tasks/${gone.id}`);
  await person.call('POST', `/tasks/${open.id}/reminders`, { before: 'PT1H' });
  for (const [title, body] of [['The build is done', 'All tests pass.'], ['Grace finished “Proofs”', 'The book'], ['Sunday’s backup is complete', '']] as const) {
    await person.call('POST', '/notify', { user_id: person.id, title, ...(body ? { body } : {}), link: '/app/inbox' });
  }
  await person.call('POST', '/tokens', { name: 'Calendar on the phone', scopes: ['tasks:read', 'tasks:write'], expires_in_days: 90 });
  await person.call('POST', '/webhooks', { name: 'Home assistant', url: 'https://home.example.org/hooks/cumulo', events: ['task.*'] });
  await person.call('PATCH', '/notifications/preferences', { quiet_hours: { from: '22:00', to: '07:00' } });
  return { garden: garden.id, crowd: crowd.id, open: open.id };
}

for (const width of [390, 820, 1440]) {
  for (const scheme of ['light', 'dark'] as const) {
    test(`pictures: ${width} ${scheme}`, async ({ page, program, administrator, browser }) => {
      test.setTimeout(600_000);
      mkdirSync(folder, { recursive: true });
      const height = width === 390 ? 844 : width === 820 ? 1180 : 900;
      const take = async (name: string, of: Page = page, whole = false) => {
        await of.waitForLoadState('networkidle', { timeout: 1_000 }).catch(() => {});
        await of.waitForTimeout(250);
        await of.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage: whole, animations: 'disabled' });
      };
      const ready = async (of: Page) => {
        await of.setViewportSize({ width, height });
        await of.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      };
      await ready(page);
      const person = await register(program.url);
      const filled = await fill(person);
      const go = async (path: string, of: Page = page) => {
        await of.goto(`${program.url}/app/${path}`);
        await expect(of.getByRole('heading', { level: 1 })).toBeVisible();
      };

      for (const path of ['sign-in', 'sign-up', 'forgot-password', 'reset-password#token=one', 'reset-password', 'verify-email#token=wrong']) {
        await go(path);
        await take(path.replace('#token=', '-with-'));
      }
      await go('sign-up');
      await page.getByLabel('E-mail').fill('nonsense');
      await page.getByRole('textbox', { name: 'Password' }).fill('password1');
      await page.getByRole('button', { name: 'Create account' }).click();
      await take('sign-up-faults');

      await signIn(page, person);
      for (const path of ['today', 'inbox', 'upcoming', 'calendar', 'calendar?view=week', `project/${filled.garden}?done=true`, `project/${filled.garden}?view=board`, 'search?q=the', 'search', 'trash', 'notifications']) {
        await go(path);
        await take(path.replace(filled.garden, 'garden').replace(/[/?=]/g, '-'));
      }
      await go(`project/${filled.crowd}`);
      await take('project-overfull');
      await go(`project/${filled.crowd}?view=board`);
      await take('board-overfull');
      for (const part of ['profile', 'notifications', 'security', 'integrations', 'account']) {
        await go(part === 'profile' ? 'settings' : `settings?part=${part}`);
        await take(`settings-${part}`, page, true);
      }
      await page.getByRole('button', { name: 'Delete my account' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await take('account-deletion');

      await go(`today?task=${filled.open}`);
      await expect(page.getByRole('dialog')).toBeVisible();
      await expect(page.getByRole('list', { name: 'Reminders' })).toBeVisible();
      await take('sheet');
      await page.getByRole('button', { name: /^Due/ }).click();
      await expect(page.getByPlaceholder('Try')).toBeVisible();
      await take('due-picker');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Add a reminder' }).click();
      await take('reminder-picker');
      await go('today');
      await page.keyboard.press('q');
      await page.getByRole('textbox', { name: 'Add a task' }).fill('Water the plants tomorrow 5pm #Garden @home !high');
      await take('quick-add');
      await page.getByRole('textbox', { name: 'Add a task' }).fill('Dig #');
      await take('quick-add-suggestions');
      await go('today');
      await page.keyboard.press('?');
      await take('help');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await page.keyboard.press('j');
      await page.keyboard.press('Control+k');
      await expect(page.getByRole('dialog')).toBeVisible();
      await take('palette');
      await page.keyboard.type('the');
      await take('palette-typed');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      for (const key of ['x', 'j', 'x', 'j', 'x']) await page.keyboard.press(key);
      await take('bulk');
      await page.keyboard.press('1');
      await take('toast');
      if (width === 390) {
        await page.getByRole('button', { name: 'Open the menu' }).click();
        await take('menu');
        await page.getByRole('button', { name: 'Close the menu' }).click();
      }
      await go(`today?task=${filled.open}`);
      await expect(page.getByRole('dialog')).toBeVisible();
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await page.context().setOffline(true);
      await page.getByRole('textbox', { name: 'Title' }).fill('Plant the tulips along the eastern wall');
      await page.getByRole('textbox', { name: 'Title' }).blur();
      await page.keyboard.press('Escape');
      await expect(page.getByText('One change waits')).toBeVisible();
      await take('offline');
      await person.call('PATCH', `/tasks/${filled.open}`, { title: 'Plant the tulips along the northern wall' });
      await page.context().setOffline(false);
      await expect(page.getByRole('dialog', { name: 'Changed in two places' })).toBeVisible();
      await take('conflict');

      const blank = await register(program.url, { name: null });
      const other = await browser.newContext({ locale: 'de-DE', timezoneId: 'Europe/Berlin', colorScheme: scheme });
      const nothing = await other.newPage();
      await ready(nothing);
      await nothing.goto(`${program.url}/app/today`);
      await nothing.getByLabel('E-Mail').fill(blank.email);
      await nothing.getByRole('textbox', { name: 'Passwort' }).fill(password);
      await nothing.getByRole('button', { name: 'Anmelden' }).click();
      await expect(nothing.getByRole('heading', { level: 1, name: 'Heute' })).toBeVisible();
      const bare = await blank.project('Leer');
      for (const path of ['today', 'inbox', 'upcoming', 'search?q=nichts', 'trash', 'notifications', `project/${bare.id}`, `project/${bare.id}?view=board`, 'settings?part=notifications', 'settings?part=integrations', 'unknown']) {
        await go(path, nothing);
        await take(`empty-${path.replace(bare.id, 'leer').replace(/[/?=]/g, '-')}`, nothing, path.startsWith('settings'));
      }
      await other.close();

      const third = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', colorScheme: scheme });
      const admin = await third.newPage();
      await ready(admin);
      await signIn(admin, administrator);
      await go('administration', admin);
      await expect(admin.getByRole('list', { name: 'Users' }).getByRole('listitem').first()).toBeVisible();
      await take('administration', admin, true);
      await third.close();
    });
  }
}
