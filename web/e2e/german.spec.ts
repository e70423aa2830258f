// The page in German: nothing is left in English, and on a phone nothing sticks out.
import type { Page } from '@playwright/test';
import { de } from '../src/i18n/de';
import { en } from '../src/i18n/en';
import { day, expect, password, test } from './fixtures';

function* texts(from: unknown): Generator<string> {
  if (typeof from === 'string') yield from;
  else if (typeof from === 'object' && from !== null) for (const each of Object.values(from)) yield* texts(each);
}

const german = new Set(texts(de));
/** What only an English page says. */
const english = [...texts(en)].filter((text) => !german.has(text));

/** All that is read or heard on the page. */
const said = (page: Page) =>
  page.evaluate(() => {
    const found: string[] = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) found.push(walk.currentNode.textContent ?? '');
    for (const each of document.querySelectorAll('*')) for (const name of ['aria-label', 'aria-description', 'title', 'placeholder', 'alt']) found.push(each.getAttribute(name) ?? '');
    return found.map((text) => text.trim()).filter(Boolean);
  });

test.use({ locale: 'de-DE', viewport: { width: 390, height: 844 } });

test('every view in German, on a phone', async ({ page, administrator: person }) => {
  test.slow();
  expect(english.length).toBeGreaterThan(200);
  const garden = await person.project('Garten');
  const task = await person.task({ title: 'Umgraben', project_id: garden.id, due: day(), priority: 'high', status: 'in_progress', labels: ['Beet'], description: 'Tief.' });
  await person.task({ title: 'Alt', due: day(-3) });
  const gone = await person.task({ title: 'Weg' });
  await person.call('DELETE', `/tasks/${gone.id}`);
  await person.call('POST', '/notify', { user_id: person.id, title: 'Fertig' });
  await person.call('POST', '/webhooks', { name: 'Haus', url: 'https://home.example.org/hooks', events: ['task.*'] });
  await person.call('POST', '/tokens', { name: 'Telefon', scopes: ['tasks:read'], expires_in_days: 9 });

  const look = async (name: string) => {
    const here = await said(page);
    expect(here.some((text) => german.has(text)), name).toBe(true);
    expect.soft(here.filter((text) => english.includes(text) || /\[object|undefined|=>/.test(text)), name).toEqual([]);
    expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(390);
  };
  const visit = async (place: string) => {
    await page.goto('about:blank');
    await page.goto(`${person.url}/app/${place}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.mantine-Skeleton-root, .mantine-Loader-root')).toHaveCount(0);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
    await look(place);
  };
  for (const place of ['sign-up', 'forgot-password', 'reset-password#token=one', 'reset-password', 'verify-email#token=wrong', 'sign-in']) await visit(place);
  await page.getByLabel('E-Mail').fill(person.email);
  await page.getByRole('textbox', { name: 'Passwort' }).fill(password);
  await page.getByRole('button', { name: 'Anmelden' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Heute' })).toBeVisible();
  for (const place of [
    'today', 'inbox', 'upcoming', 'calendar', 'calendar?view=week', `project/${garden.id}?done=true`, `project/${garden.id}?view=board`, 'search', 'search?q=um', 'search?q=nichts', 'trash', 'notifications',
    'settings', 'settings?part=notifications', 'settings?part=security', 'settings?part=integrations', 'settings?part=account', 'administration', 'unknown',
  ]) {
    await visit(place);
  }

  const dialog = page.getByRole('dialog');
  await visit(`today?task=${task.id}`);
  await expect(page.getByRole('textbox', { name: 'Projekt' })).toBeVisible();
  await look('sheet');
  await page.getByRole('button', { name: /^Fällig/ }).click();
  await expect(page.getByPlaceholder(/morgen/)).toBeVisible();
  await look('due');
  await visit('today');
  for (const [key, name] of [['q', 'quick add'], ['?', 'keys'], ['Control+k', 'palette']] as const) {
    await page.keyboard.press(key);
    await expect(dialog).toBeVisible();
    await look(name);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
  }
  await page.getByRole('button', { name: 'Umgraben', exact: true }).focus();
  await page.keyboard.press('x');
  await expect(page.getByRole('toolbar')).toBeVisible();
  await look('bulk');
  await page.keyboard.press('e');
  await expect(page.getByRole('button', { name: 'Rückgängig' })).toBeVisible();
  await look('undo');
});
