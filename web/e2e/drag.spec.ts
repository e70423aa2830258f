import type { Page } from '@playwright/test';
import { day, expect, signIn, test } from './fixtures';

const words = (date: string) => new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));

/** As a hand does it: some way, and a little more over the place. */
async function drag(page: Page, what: string, place: string) {
  await page.getByRole('button', { name: what, exact: true }).hover();
  await page.mouse.down();
  const box = (await page.locator(`[data-place="${place}"]`).first().boundingBox())!;
  const x = box.x + Math.min(80, box.width / 2);
  const y = box.y + Math.min(30, box.height / 2);
  await page.mouse.move(x - 10, y - 6, { steps: 8 });
  await page.mouse.move(x, y, { steps: 3 });
  await expect(page.locator(`[data-place="${place}"]`).first()).toHaveAttribute('data-over', 'true');
  await page.mouse.up();
}

/** Picks up, goes over places until the wanted one is named, and drops. */
async function carry(page: Page, what: string, arrow: string, over: RegExp) {
  await page.getByRole('button', { name: `Move: ${what}` }).focus();
  await page.keyboard.press('Space');
  const told = page.getByRole('status').filter({ hasText: /is over|Picked up/ });
  await expect(told).toHaveText(/is over/);
  await page.keyboard.press(arrow);
  await expect(told).toHaveText(over);
  await page.keyboard.press('Space');
}

test('a card goes over the board: by the pointer, by the keyboard, and not at all', async ({ page, person }) => {
  const garden = await person.project('Garden');
  await person.task({ title: 'Dig', project_id: garden.id });
  const status = async () => (await person.tasks()).items[0]?.status;
  await signIn(page, person);
  await page.goto(`${person.url}/app/project/${garden.id}?view=board`);
  await drag(page, 'Dig', 'in_progress');
  await expect(page.getByRole('group', { name: 'In progress' }).getByText('Dig')).toBeVisible();
  await expect.poll(status).toBe('in_progress');
  await carry(page, 'Dig', 'ArrowRight', /Dig is over Done/);
  await expect(page.getByRole('group', { name: 'Done' }).getByText('Dig')).toBeVisible();
  await expect.poll(status).toBe('done');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(status).toBe('in_progress');
  await page.getByRole('button', { name: 'Move: Dig' }).focus();
  await page.keyboard.press('Space');
  await expect(page.getByText(/Dig is over/)).toBeAttached();
  await page.keyboard.press('Escape');
  await expect(page.getByText('Dig stays where it was.')).toBeAttached();
  await expect(page.getByRole('group', { name: 'In progress' }).getByText('Dig')).toBeVisible();
  // Who goes elsewhere meanwhile puts it back, and has the keys again.
  await page.getByRole('button', { name: 'Move: Dig' }).focus();
  await page.keyboard.press('Space');
  await expect(page.getByText(/Dig is over/)).toBeAttached();
  await page.getByRole('link', { name: 'Search' }).first().click();
  await page.getByRole('searchbox').or(page.getByRole('textbox', { name: /Search/ })).first().fill('');
  await page.keyboard.type('dig');
  await expect(page.getByRole('button', { name: 'Dig', exact: true })).toBeVisible();
});

test('a task goes to another day: in the calendar, and in what is ahead', async ({ page, person }) => {
  // The middle of a month: every way leads to a day on the screen.
  const middle = `${day(31).slice(0, 7)}-15`;
  await person.task({ title: 'Dig', due: `${middle}T17:00:00`, timezone: 'Europe/Berlin' });
  const due = async () => (await person.tasks()).items[0]?.due;
  const next = (count: number) => new Date(Date.parse(`${middle}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
  await signIn(page, person);
  await page.goto(`${person.url}/app/calendar?day=${middle}`);
  const chip = '17:00 Dig';
  await drag(page, chip, next(-3));
  await expect.poll(due).toBe(`${next(-3)}T17:00:00`);
  await expect(page.locator(`[data-place="${next(-3)}"]`).getByText('Dig')).toBeVisible();
  await carry(page, 'Dig', 'ArrowDown', new RegExp(words(next(4))));
  await expect.poll(due).toBe(`${next(4)}T17:00:00`);
  await page.getByText('Week', { exact: true }).click();
  await page.goto(`${person.url}/app/calendar?view=week&day=${next(4)}`);
  await expect(page.locator(`[data-place="${next(4)}"]`).getByText('Dig')).toBeVisible();

  await person.task({ title: 'Rake', due: day(1) });
  await page.getByRole('link', { name: 'Upcoming' }).click();
  await drag(page, 'Rake', day(3));
  await expect.poll(async () => (await person.tasks()).items.find((task) => task.title === 'Rake')?.due).toBe(day(3));
  await carry(page, 'Rake', 'ArrowDown', new RegExp(words(day(4))));
  await expect.poll(async () => (await person.tasks()).items.find((task) => task.title === 'Rake')?.due).toBe(day(4));
  await page.locator('.mantine-Notification-root').last().getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await person.tasks()).items.find((task) => task.title === 'Rake')?.due).toBe(day(3));
});
