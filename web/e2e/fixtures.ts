import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import { Program } from './program';

export const password = 'seven purple llamas on a bicycle';
let count = 0;

/** Somebody with an account, and what they can do without the page. */
export class Person {
  constructor(
    readonly url: string,
    readonly email: string,
    readonly token: string,
    readonly id: string,
  ) {}

  async call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  task(fields: Record<string, unknown>) {
    return this.call<{ id: string; title: string; version: number; due: string | null; status: string; priority: string; labels: string[] }>('POST', '/tasks', fields);
  }

  tasks() {
    return this.call<{ items: { id: string; title: string; due: string | null; status: string; priority: string; labels: string[]; project_id: string; description: string }[] }>('GET', '/tasks?limit=200');
  }

  project(name: string) {
    return this.call<{ id: string }>('POST', '/projects', { name });
  }
}

export async function register(url: string, fields: Record<string, unknown> = {}): Promise<Person> {
  const email = `person-${process.pid}-${++count}@example.org`;
  const answer = await fetch(`${url}/api/v1/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password, name: 'Ada', timezone: 'Europe/Berlin', locale: 'en-GB', ...fields }),
  });
  if (!answer.ok) throw new Error(`register: ${answer.status} ${await answer.text()}`);
  const { access_token, user } = (await answer.json()) as { access_token: string; user: { id: string } };
  return new Person(url, email, access_token, user.id);
}

export async function signIn(page: Page, person: Person) {
  await page.goto(`${person.url}/app/today`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
}

/** Opens the quick-add bar by its key and adds these. */
/** As where a mail server is configured. */
export async function withMail(page: Page) {
  await page.route('**/notifications/channels', (route) => route.fulfill({ json: { inbox: true, email: true, webhook: true, push: false } }));
}

export async function quickAdd(page: Page, ...texts: string[]) {
  await page.keyboard.press('q');
  await expect(page.getByRole('textbox', { name: 'Add a task' })).toBeFocused();
  for (const text of texts) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

/** Today, or some days later, where the tests' people live. */
export function day(later = 0): string {
  const now = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin', dateStyle: 'short' }).format(new Date());
  return new Date(Date.parse(`${now}T00:00:00Z`) + later * 86_400_000).toISOString().slice(0, 10);
}

interface Worker {
  program: Program;
  administrator: Person;
}

interface Each {
  person: Person;
  /** What the browser complained about; every test ends with it empty. */
  complaints: string[];
}

export const test = base.extend<Each, Worker>({
  program: [
    async ({}, use) => {
      const program = await Program.create();
      await program.start();
      await use(program);
      await program.remove();
    },
    { scope: 'worker' },
  ],
  // The first account of a program is its administrator.
  administrator: [async ({ program }, use) => use(await register(program.url, { name: 'Root' })), { scope: 'worker' }],
  person: async ({ program, administrator }, use) => {
    expect(administrator.id).toBeTruthy();
    await use(await register(program.url));
  },
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        // What the network or the service refused is the test's matter; a policy's refusal is a fault.
        if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Another tab of whoever is signed in, once it has what there is and waits for news. */
export async function anotherTab(context: BrowserContext, person: Person): Promise<Page> {
  const other = await context.newPage();
  await other.goto(`${person.url}/app/today`);
  await expect(other.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await other.waitForTimeout(2_000);
  return other;
}
