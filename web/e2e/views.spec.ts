import { day, expect, signIn, test } from './fixtures';

test('every view opens', async ({ page, person }) => {
  await person.task({ title: 'Water the plants', due: day(), labels: ['home'] });
  await person.task({ title: 'Old thing', due: day(-3), priority: 'urgent' });
  const garden = await person.project('Garden');
  await person.task({ title: 'Dig', project_id: garden.id, due: day(2) });
  await signIn(page, person);
  await expect(page.getByRole('list', { name: 'Today' }).getByRole('listitem')).toHaveText([/Overdue/, /Old thing/, /Today/, /Water the plants/]);
  const places: [string, string][] = [
    ['Inbox', 'Inbox'], ['Upcoming', 'Upcoming'], ['Calendar', 'Calendar'], ['Search', 'Search'], ['Notifications', 'Notifications'],
    ['Trash', 'Trash'], ['Settings', 'Settings'], ['Garden', 'Garden'],
  ];
  for (const [link, title] of places) {
    await page.getByRole('link', { name: new RegExp(`^${link}`) }).click();
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    await expect(page).toHaveTitle(`${title} · Cumulo`);
  }
  await expect(page.getByText('Dig')).toBeVisible();
  await page.getByText('Board').click();
  await expect(page.getByRole('group', { name: 'To do' }).getByText('Dig')).toBeVisible();
});
