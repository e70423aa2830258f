import { day, expect, signIn, test } from './fixtures';

test('all comes from the page’s own origin, under a strict policy; it can be installed', async ({ page, person }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(person.url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
  });
  const first = (await page.goto(`${person.url}/app/sign-in`))!;
  const policy = first.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/script-src|unsafe-eval/);
  expect(await first.text()).not.toMatch(/<script(?![^>]* src=)/);
  const garden = await person.project('Garden');
  const task = await person.task({ title: 'Dig', due: day(), project_id: garden.id, description: '![picture](https://example.com/spy.png) <script>window.bad = 1</script> <iframe src="https://example.com"></iframe>' });
  await signIn(page, person);
  for (const place of [`today?task=${task.id}`, 'inbox', 'upcoming', 'calendar', `project/${garden.id}?view=board`, 'search?q=dig', 'trash', 'notifications', 'settings', 'settings?part=notifications', 'settings?part=security', 'settings?part=integrations']) {
    await page.goto(`${person.url}/app/${place}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    if (place.startsWith('today')) await expect(page.locator('.markdown')).toContainText('window.bad');
  }
  expect(elsewhere).toEqual([]);
  expect(await page.evaluate(() => 'bad' in window)).toBe(false);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const browser = await page.context().newCDPSession(page);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  // A private window, as the test's is, can install nothing: that may be said.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});
