import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { day, expect, signIn, test, type Person } from './fixtures';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Found {
  violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** `popups`: a list or menu that belongs to a button is reached from it, and stands in no landmark. */
async function violations(page: Page, popups = false): Promise<string[]> {
  // The page's policy forbids injected scripts, but not what the debugger evaluates.
  await page.evaluate(axe);
  const found = await page.evaluate(
    (region) =>
      (window as unknown as { axe: { run: (options: object) => Promise<Found> } }).axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        rules: { region: { enabled: region } },
      }),
    !popups,
  );
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

const open = ['sign-in', 'sign-up', 'forgot-password', 'reset-password#token=one', 'reset-password', 'verify-email#token=wrong'];
const inside = (garden: string) => [
  'today', 'inbox', 'upcoming', 'calendar', 'calendar?view=week', `project/${garden}?done=true`, `project/${garden}?view=board`, 'search', 'search?q=dig', 'search?q=nothing', 'trash', 'notifications',
  'settings', 'settings?part=notifications', 'settings?part=security', 'settings?part=integrations', 'settings?part=account', 'administration', 'unknown',
];

async function visit(page: Page, person: Person, place: string) {
  await page.goto('about:blank');
  await page.goto(`${person.url}/app/${place}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  // What the view asks the service for (the stream of events never ends).
  await expect(page.locator('.mantine-Skeleton-root, .mantine-Loader-root')).toHaveCount(0);
}

for (const scheme of ['light', 'dark'] as const) {
  test(`no violation on any view: ${scheme}`, async ({ page, administrator: person }) => {
    test.slow();
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const garden = await fill(person);
    for (const place of open) {
      await visit(page, person, place);
      expect.soft(await violations(page), place).toEqual([]);
    }
    await signIn(page, person);
    for (const place of inside(garden)) {
      await visit(page, person, place);
      expect.soft(await violations(page), place).toEqual([]);
    }
  });

  test(`no violation on what opens over a view: ${scheme}`, async ({ page, context, person }) => {
    test.slow();
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await signIn(page, person);
    expect.soft(await violations(page), 'nothing yet').toEqual([]);
    const garden = await fill(person);
    const look = async (name: string) => expect.soft(await violations(page, /priority|bulk|menu/.test(name)), name).toEqual([]);
    const dialogs = page.getByRole('dialog');
    const shut = async () => {
      await page.keyboard.press('Escape');
      await expect(dialogs).toHaveCount(0);
    };

    await visit(page, person, `project/${garden}`);
    await page.getByRole('button', { name: 'Dig', exact: true }).click();
    await expect(page.locator('.markdown')).toBeVisible();
    await look('sheet');
    await page.getByRole('button', { name: /^Due/ }).click();
    await expect(page.getByPlaceholder(/next friday/)).toBeVisible();
    await look('due');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add a reminder' }).click();
    await page.getByRole('button', { name: 'The day before' }).or(page.getByRole('button', { name: /^1 day before/ })).click();
    await expect(page.getByRole('list', { name: 'Reminders' })).toBeVisible();
    await look('reminders');
    await page.getByRole('button', { name: 'Edit the description' }).click();
    await look('description');
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Priority' }).click();
    await expect(page.getByRole('option', { name: 'Urgent' })).toBeVisible();
    await look('priority');
    await page.keyboard.press('Escape');
    await shut();

    for (const [keys, name] of [['q', 'Add a task'], ['?', 'Keyboard'], ['Control+k', 'Commands']] as const) {
      await page.keyboard.press(keys);
      await expect(page.getByRole('dialog', { name })).toBeVisible();
      if (keys === 'q') {
        await page.keyboard.type('Water tomorrow @home !high #');
        await expect(page.getByRole('button', { name: '#Garden' })).toBeVisible();
      }
      await look(name);
      if (keys === 'q') await page.getByRole('button', { name: 'Close' }).click();
      else await page.keyboard.press('Escape');
      await expect(dialogs).toHaveCount(0);
    }
    await page.getByRole('button', { name: 'Dig', exact: true }).focus();
    await page.keyboard.press('x');
    await page.getByRole('toolbar').getByRole('button', { name: 'Priority' }).click();
    await expect(page.getByRole('menuitem', { name: 'Urgent' })).toBeVisible();
    await look('bulk');
    await page.getByRole('menuitem', { name: 'Urgent' }).click();
    await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
    await look('undo');
    await page.getByRole('button', { name: 'New project' }).click();
    await expect(dialogs).toBeVisible();
    await look('project');
    await shut();
    await page.getByRole('button', { name: 'Options of Garden' }).click();
    await expect(page.getByRole('menuitem', { name: 'Archive' })).toBeVisible();
    await look('menu');
    await visit(page, person, 'trash');
    await page.getByRole('button', { name: 'Empty the trash' }).click();
    await expect(dialogs).toBeVisible();
    await look('confirmation');
    await visit(page, person, 'settings?part=account');
    await page.getByRole('button', { name: 'Delete my account' }).click();
    await expect(dialogs).toBeVisible();
    await look('account deletion');

    const task = await person.task({ title: 'Here', due: day() });
    await visit(page, person, `today?task=${task.id}`);
    await expect(page.getByRole('textbox', { name: 'Title' })).toBeVisible();
    await context.setOffline(true);
    await page.getByRole('textbox', { name: 'Title' }).fill('Mine');
    await page.getByRole('textbox', { name: 'Title' }).blur();
    await shut();
    await expect(page.getByText(/One change waits/)).toBeVisible();
    await look('offline');
    await person.call('PATCH', `/tasks/${task.id}`, { title: 'Theirs' });
    await context.setOffline(false);
    await expect(page.getByRole('dialog', { name: 'Changed in two places' })).toBeVisible();
    await look('conflict');
  });

  test(`no violation on what settings and administration open: ${scheme}`, async ({ page, administrator: person }) => {
    test.slow();
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await signIn(page, person);
    const dialog = page.getByRole('dialog');
    const look = async (name: string, popups = false) => expect.soft(await violations(page, popups), name).toEqual([]);
    const away = async () => {
      await page.keyboard.press('Escape');
      await expect(dialog).toHaveCount(0);
    };
    const part = (name: string) => page.getByRole('region', { name, exact: true });

    await visit(page, person, 'settings?part=integrations');
    const name = `script ${scheme}`;
    await part('Access tokens').getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('button', { name: 'Create token' }).click();
    await expect(part('Access tokens').locator('code')).toBeVisible();
    await look('token');
    await page.getByRole('button', { name: `Revoke ${name}` }).click();
    await expect(dialog).toBeVisible();
    await look('revoking');
    await away();

    const hooks = part('Webhooks');
    await hooks.getByRole('textbox', { name: 'Address' }).fill('nonsense');
    await page.getByRole('button', { name: 'Add webhook' }).click();
    await expect(hooks.getByRole('textbox', { name: 'Address' })).toHaveAttribute('aria-invalid', 'true');
    await look('refused webhook');
    // Nobody listens there: what was tried stands in its deliveries.
    await hooks.getByRole('textbox', { name: 'Address' }).fill('http://127.0.0.1:9/hook');
    await hooks.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('button', { name: 'Add webhook' }).click();
    await expect(hooks.locator('code')).toBeVisible();
    await look('webhook');
    await page.getByRole('button', { name: `Send a test: ${name}` }).click();
    await expect(page.getByText(/did not arrive/)).toBeVisible();
    await look('test of a webhook');
    const options = page.getByRole('button', { name: `Options of ${name}` });
    await options.click();
    await expect(page.getByRole('menuitem', { name: 'Last deliveries' })).toBeVisible();
    await look('options of a webhook', true);
    await page.getByRole('menuitem', { name: 'Last deliveries' }).click();
    await expect(dialog.getByRole('listitem')).toHaveCount(1);
    await look('deliveries');
    await away();
    await options.click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await expect(dialog).toBeVisible();
    await look('deletion of a webhook');
    await away();

    await visit(page, person, 'administration');
    await part('Invitations').getByRole('button', { name: 'Invite', exact: true }).click();
    await expect(part('Invitations').locator('code')).toBeVisible();
    await look('invitation');
    await page.getByRole('button', { name: 'Withdraw the invitation of Anyone' }).click();
    await expect(dialog).toBeVisible();
    await look('withdrawing');
    await dialog.getByRole('button', { name: 'Withdraw' }).click();
    await expect(page.getByText('No open invitations.')).toBeVisible();
    const announcements = part('Announcements');
    await announcements.getByRole('textbox', { name: 'Title' }).fill('Maintenance');
    await announcements.getByRole('textbox', { name: 'Text' }).fill('On Sunday.');
    await announcements.getByRole('button', { name: 'Announce' }).click();
    await expect(dialog).toBeVisible();
    await look('announcement');
    await dialog.getByRole('button', { name: 'Announce' }).click();
    await expect(announcements.getByRole('listitem').first()).toContainText(' · told · ');
    await look('announced');
  });
}

/** The page speaks no language that runs from the right yet; its layout is ready for one. */
const turn = (page: Page, direction: string) =>
  page.addInitScript((dir) => new MutationObserver(() => document.documentElement?.dir || document.documentElement?.setAttribute('dir', dir)).observe(document, { childList: true }), direction);

for (const direction of ['ltr', 'rtl'] as const) {
  test(`nothing sticks out at 320 px: ${direction}`, async ({ page, administrator: person }) => {
    test.slow();
    const garden = await fill(person);
    const long = await person.task({ title: 'Averyveryveryveryveryveryveryveryveryveryverylongwordwithoutanyspaceinit', due: day(), labels: ['anothercuriouslylonglabelwithoutaspace'] });
    await page.setViewportSize({ width: 320, height: 640 });
    await turn(page, direction);
    const fits = async (name: string) => expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(320);
    for (const place of open) {
      await visit(page, person, place);
      await fits(place);
    }
    await signIn(page, person);
    for (const place of inside(garden)) {
      await visit(page, person, place);
      await fits(place);
    }
    await visit(page, person, `today?task=${long.id}`);
    await expect(page.getByRole('dialog')).toBeVisible();
    const sheet = (await page.getByRole('dialog').boundingBox())!;
    expect([sheet.x, sheet.width]).toEqual([0, 320]);
    const outside = await page.getByRole('dialog').evaluate((dialog) =>
      [...dialog.querySelectorAll('*:not(.visually-hidden, .visually-hidden *)')].filter((each) => each.getBoundingClientRect().right > 320.5 || each.getBoundingClientRect().left < -0.5).map((each) => each.outerHTML.slice(0, 120)),
    );
    expect(outside).toEqual([]);
  });
}

test('from the right to the left: what was at the start is at the right', async ({ page, person }) => {
  await person.task({ title: 'Dig', due: day() });
  await turn(page, 'rtl');
  await signIn(page, person);
  const at = async (what: ReturnType<Page['locator']>) => (await what.boundingBox())!;
  const { width } = page.viewportSize()!;
  const menu = await at(page.getByRole('navigation'));
  expect(Math.round(menu.x + menu.width)).toBeGreaterThan(width - 20);
  const title = await at(page.getByRole('heading', { level: 1 }));
  const circle = await at(page.getByRole('button', { name: 'Complete: Dig' }));
  expect(circle.x).toBeGreaterThan(title.x);
  expect(circle.x + circle.width).toBeLessThanOrEqual(menu.x);
  await page.getByRole('button', { name: 'Dig', exact: true }).click();
  expect((await at(page.getByRole('dialog'))).x).toBeLessThan(1);
});
