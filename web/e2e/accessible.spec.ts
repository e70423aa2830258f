import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { day, expect, signIn, test, type Person } from './fixtures';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Found {
  violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
}

async function violations(page: Page): Promise<string[]> {
  // The page's policy forbids injected scripts, but not what the debugger evaluates.
  await page.evaluate(axe);
  const found = await page.evaluate(() => (window as unknown as { axe: { run: (options: object) => Promise<Found> } }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return found.violations.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 200)} ${node.failureSummary?.slice(0, 300)}`));
}

async function fill(person: Person): Promise<string> {
  const garden = await person.project('Garden');
  await person.task({ title: 'Old thing', due: day(-3), priority: 'urgent', labels: ['home', 'late'] });
  await person.task({ title: 'Water the plants', due: `${day()}T23:30:00`, timezone: 'Europe/Berlin', priority: 'high' });
  await person.task({ title: 'Dig', project_id: garden.id, due: day(1), priority: 'medium', status: 'in_progress', description: 'A *little* [link](https://example.org) and `code`' });
  const gone = await person.task({ title: 'Gone', project_id: garden.id, priority: 'low' });
  await person.call('DELETE', `/tasks/${gone.id}`);
  const done = await person.task({ title: 'Done', project_id: garden.id });
  await person.call('PATCH', `/tasks/${done.id}`, { status: 'done' });
  await person.call('POST', '/notify', { user_id: person.id, title: 'The build is done', body: 'All tests pass.', link: 'https://example.org/1' });
  return garden.id;
}

for (const scheme of ['light', 'dark'] as const) {
  test(`no violation on any view: ${scheme}`, async ({ page, person }) => {
    test.slow();
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const garden = await fill(person);
    await page.goto(`${person.url}/app/sign-up`);
    await expect(page.getByRole('button', { name: 'Create account' })).toBeVisible();
    expect.soft(await violations(page), 'sign-up').toEqual([]);
    await page.goto(`${person.url}/app/sign-in`);
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
    expect.soft(await violations(page), 'sign-in').toEqual([]);
    await signIn(page, person);
    const places = ['today', 'inbox', 'upcoming', 'calendar', 'calendar?view=week', `project/${garden}`, `project/${garden}?view=board`, 'search?q=dig', 'trash', 'notifications', 'settings'];
    for (const place of places) {
      await page.goto(`${person.url}/app/${place}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await page.waitForLoadState('networkidle', { timeout: 1_500 }).catch(() => {});
      expect.soft(await violations(page), place).toEqual([]);
    }
    await page.goto(`${person.url}/app/project/${garden}`);
    await page.getByRole('button', { name: 'Dig', exact: true }).click();
    await expect(page.locator('.markdown')).toBeVisible();
    expect.soft(await violations(page), 'sheet').toEqual([]);
    await page.getByRole('button', { name: /^Due/ }).click();
    await expect(page.getByPlaceholder('Try')).toBeVisible();
    expect.soft(await violations(page), 'due').toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    for (const [keys, name] of [['q', 'Add a task'], ['?', 'Keyboard'], ['Control+k', 'Commands']] as const) {
      await page.keyboard.press(keys);
      await expect(page.getByRole('dialog', { name })).toBeVisible();
      expect.soft(await violations(page), name).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    }
  });
}

test('nothing sticks out at 320 px', async ({ page, person }) => {
  const garden = await fill(person);
  await person.task({ title: 'Averyveryveryveryveryveryveryveryveryveryverylongwordwithoutanyspaceinit', due: day(), labels: ['anothercuriouslylonglabelwithoutaspace'] });
  await page.setViewportSize({ width: 320, height: 640 });
  await signIn(page, person);
  for (const place of ['today', 'inbox', 'upcoming', 'calendar', 'calendar?view=week', `project/${garden}`, `project/${garden}?view=board`, 'search?q=dig', 'trash', 'notifications', 'settings']) {
    await page.goto(`${person.url}/app/${place}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForTimeout(200);
    expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(320);
  }
});
