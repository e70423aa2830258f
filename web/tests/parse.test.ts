import { describe, expect, it } from 'vitest';
import type { Project } from '../src/api/types';
import { changedBy, findDates } from '../src/features/quickadd/dates';
import { parseQuickAdd } from '../src/features/quickadd/parse';
import { repeats } from '../src/features/quickadd/repeats';

const project = (name: string) => ({ id: name, name }) as Project;
const projects = [project('Garden'), project('Kitchen garden'), project('Kitchen'), project('Büro')];
// A Wednesday, half past nine in the evening in Berlin.
const now = new Date('2026-12-02T20:30:00Z');
const zone = 'Europe/Berlin';
const read = (text: string, language: 'en' | 'de' = 'en', ignored: string[] = []) =>
  parseQuickAdd(text, projects, (rest) => findDates(rest, language, now, { zone, locale: language }), new Set(ignored));
const short = (text: string, language?: 'en' | 'de', ignored?: string[]) => {
  const { title, project: found, labels, priority, due } = read(text, language, ignored);
  return { title, project: found?.name ?? null, labels, priority, due: due ? due.day + (due.time ? ` ${due.time}` : '') : null };
};
const nothing = { project: null, labels: [], priority: null, due: null };

describe('what quick-add understands', () => {
  it.each<[string, object]>([
    ['Water the plants', { title: 'Water the plants' }],
    ['  Water   the plants  ', { title: 'Water the plants' }],
    ['Water the plants tomorrow', { title: 'Water the plants', due: '2026-12-03' }],
    ['Water the plants tomorrow 5pm', { title: 'Water the plants', due: '2026-12-03 17:00' }],
    ['Water the plants today', { title: 'Water the plants', due: '2026-12-02' }],
    ['Call Ada on Friday at 9:15', { title: 'Call Ada', due: '2026-12-04 09:15' }],
    ['Report 2026-12-24', { title: 'Report', due: '2026-12-24' }],
    ['Stand up at 9am', { title: 'Stand up', due: '2026-12-03 09:00' }],
    ['Dig #Garden', { title: 'Dig', project: 'Garden' }],
    ['Dig #garden now-ish', { title: 'Dig now-ish', project: 'Garden' }],
    ['Scrub #Kitchen garden path', { title: 'Scrub path', project: 'Kitchen garden' }],
    ['Scrub #kitchen_garden', { title: 'Scrub', project: 'Kitchen garden' }],
    ['Scrub #Kitchen', { title: 'Scrub', project: 'Kitchen' }],
    ['Fix bug #42', { title: 'Fix bug #42' }],
    ['#Gardening books', { title: '#Gardening books' }],
    ['Buy milk @home @shop', { title: 'Buy milk', labels: ['home', 'shop'] }],
    ['Buy milk @home @Home', { title: 'Buy milk', labels: ['home'] }],
    ['Mail ada@example.org', { title: 'Mail ada@example.org' }],
    ['Ship it !high', { title: 'Ship it', priority: 'high' }],
    ['Ship it !1', { title: 'Ship it', priority: 'urgent' }],
    ['Ship it !', { title: 'Ship it !' }],
    ['Ship it !now', { title: 'Ship it !now' }],
    ['Ship it !low !high', { title: 'Ship it', priority: 'high' }],
    ['Water #Garden @home tomorrow 5pm !urgent', { title: 'Water', project: 'Garden', labels: ['home'], due: '2026-12-03 17:00', priority: 'urgent' }],
    ['Birthday dec 3 @fun', { title: 'Birthday', due: '2026-12-03', labels: ['fun'] }],
    ['Rent december 1 #Garden', { title: 'Rent', due: '2027-12-01', project: 'Garden' }],
    ['Mow dec 5 !2', { title: 'Mow', due: '2026-12-05', priority: 'high' }],
    ['Mow dec 5 #Garden 5pm', { title: 'Mow', due: '2026-12-05 17:00', project: 'Garden' }],
    ['Mow on dec 5 !2', { title: 'Mow', due: '2026-12-05', priority: 'high' }],
    ['Tax dec 31', { title: 'Tax', due: '2026-12-31' }],
    ['Tax dec 31 @home', { title: 'Tax', due: '2026-12-31', labels: ['home'] }],
    ['Tax until dec 31 5pm', { title: 'Tax', due: '2026-12-31 17:00' }],
    ['Tax dec 31 at noon', { title: 'Tax', due: '2026-12-31 12:00' }],
    ['Tax 31 dec, 5pm', { title: 'Tax', due: '2026-12-31 17:00' }],
    ['Lunch friday with Ada at noon', { title: 'Lunch with Ada', due: '2026-12-04 12:00' }],
    ['At 5pm call Ada on friday', { title: 'call Ada', due: '2026-12-04 17:00' }],
    ['Friday or monday at 5pm', { title: 'Friday or', due: '2026-12-07 17:00' }],
    ['Call mom at 5 pm. Bring cake', { title: 'Call mom. Bring cake', due: '2026-12-03 17:00' }],
    ['Last minute cleaning', { title: 'Last minute cleaning' }],
    ['Day after tomorrow dentist', { title: 'dentist', due: '2026-12-04' }],
    ['Wash the car at the weekend', { title: 'Wash the car', due: '2026-12-05' }],
    ['Review at noon', { title: 'Review', due: '2026-12-03 12:00' }],
    ['Review on 2026-12-04 at noon', { title: 'Review', due: '2026-12-04 12:00' }],
    ['Report by friday', { title: 'Report', due: '2026-12-04' }],
    ['Rent due friday', { title: 'Rent', due: '2026-12-04' }],
    ['Rent due on friday', { title: 'Rent', due: '2026-12-04' }],
    ['Stop by tomorrow', { title: 'Stop by', due: '2026-12-03' }],
    ['Carry on tomorrow', { title: 'Carry on', due: '2026-12-03' }],
    ['Look at tomorrow', { title: 'Look at', due: '2026-12-03' }],
    ['Visit Rome in march', { title: 'Visit Rome', due: '2027-03-01' }],
    ['Buy sun cream', { title: 'Buy sun cream' }],
    ['Buy sun cream tomorrow', { title: 'Buy sun cream', due: '2026-12-03' }],
    ['Sun, sea and sand', { title: 'Sun, sea and sand' }],
    ['Kids sat exams', { title: 'Kids sat exams' }],
    ['Meet Ada sun', { title: 'Meet Ada', due: '2026-12-06' }],
    ['Meet Ada sun @home', { title: 'Meet Ada', due: '2026-12-06', labels: ['home'] }],
    ['Meet Ada on sun at home', { title: 'Meet Ada at home', due: '2026-12-06' }],
    ['Meet Ada this sat for tea', { title: 'Meet Ada for tea', due: '2026-12-05' }],
    ['Meet Ada sat 5pm for tea', { title: 'Meet Ada for tea', due: '2026-12-05 17:00' }],
    ['Sat. tea with Ada', { title: 'tea with Ada', due: '2026-12-05' }],
    ['Fri lunch with Ada', { title: 'lunch with Ada', due: '2026-12-04' }],
    ['Plan the march to the sea', { title: 'Plan the march to the sea' }],
    ['Look for sun cream', { title: 'Look for sun cream' }],
    ['Plan for january', { title: 'Plan', due: '2027-01-01' }],
    ['Ask April about rent', { title: 'Ask April about rent' }],
    ['Check the june numbers tomorrow', { title: 'Check the june numbers', due: '2026-12-03' }],
    ['Rent april 5', { title: 'Rent', due: '2027-04-05' }],
    ['Buy night cream', { title: 'Buy night cream' }],
    ['Midnight snack', { title: 'Midnight snack' }],
    ['Run in the morning with Ada', { title: 'Run with Ada', due: '2026-12-03' }],
    ['Run tomorrow morning with Ada', { title: 'Run with Ada', due: '2026-12-03' }],
    ['Read pages 3-5 tomorrow', { title: 'Read pages 3-5', due: '2026-12-03' }],
    ['Read chapters 5 to 6', { title: 'Read chapters 5 to 6' }],
    ['Buy may flowers', { title: 'Buy may flowers' }],
    ['Mar the table', { title: 'Mar the table' }],
    ['Write an august speech', { title: 'Write an august speech' }],
    ['Give Ada a second chance', { title: 'Give Ada a second chance' }],
    ['Second opinion', { title: 'Second opinion' }],
    ['Meditate for 20 minutes', { title: 'Meditate for 20 minutes' }],
    ['Run 2 hours on friday', { title: 'Run 2 hours', due: '2026-12-04' }],
    ['Ring Ada in 2 hours', { title: 'Ring Ada', due: '2026-12-02 23:30' }],
    ['Trip from monday to friday', { title: 'Trip from monday to friday', due: '2026-12-07' }],
    ['Meeting 5pm-6pm @work', { title: 'Meeting 5pm-6pm', due: '2026-12-03 17:00', labels: ['work'] }],
    ['Milk @home, bread', { title: 'Milk, bread', labels: ['home'] }],
    ['Milk @home, @shop', { title: 'Milk', labels: ['home', 'shop'] }],
    ['Ask @bob.', { title: 'Ask.', labels: ['bob'] }],
    ['Ask @bob!? !high: now-ish', { title: 'Ask!?: now-ish', labels: ['bob'], priority: 'high' }],
    ['@home: bread', { title: 'bread', labels: ['home'] }],
    ['Tag @v1.2, then', { title: 'Tag, then', labels: ['v1.2'] }],
    ['Ask @...', { title: 'Ask @...' }],
    ['Dig #Garden! now-ish', { title: 'Dig! now-ish', project: 'Garden' }],
    ['Call Ada tomorrow!', { title: 'Call Ada!', due: '2026-12-03' }],
    ['Call Ada tomorrow, then Bob', { title: 'Call Ada, then Bob', due: '2026-12-03' }],
    ['.bashrc @home', { title: '.bashrc', labels: ['home'] }],
    ['Smile :) @home', { title: 'Smile :)', labels: ['home'] }],
    ['Black Friday deals', { title: 'Black Friday deals' }],
    ['Buy eggs for Good Friday', { title: 'Buy eggs for Good Friday' }],
    ['Easter Sunday lunch tomorrow', { title: 'Easter Sunday lunch', due: '2026-12-03' }],
    ['Say good morning', { title: 'Say good morning' }],
    ['Review notes from last friday', { title: 'Review notes from last friday' }],
    ['Call the plumber who came yesterday', { title: 'Call the plumber who came yesterday' }],
    ['Answer the mail of 3 days ago on friday', { title: 'Answer the mail of 3 days ago', due: '2026-12-04' }],
    ['Meeting at half past nine', { title: 'Meeting at half past nine' }],
    ['Add 1/2 cup sugar', { title: 'Add 1/2 cup sugar' }],
    ['Buy 1/4 pound of butter tomorrow', { title: 'Buy 1/4 pound of butter', due: '2026-12-03' }],
    ['24/7 support setup', { title: '24/7 support setup' }],
    ['Monday.com setup', { title: 'Monday.com setup' }],
    ['Call Ada monday. Bring cake', { title: 'Call Ada. Bring cake', due: '2026-12-07' }],
    ['Gym @ 5pm', { title: 'Gym', due: '2026-12-03 17:00' }],
    ['', { title: '' }],
  ])('%s', (text, expected) => expect(short(text)).toEqual({ ...nothing, ...expected }));

  it.each<[string, object]>([
    ['Blumen gießen morgen', { title: 'Blumen gießen', due: '2026-12-03' }],
    ['Blumen gießen morgen um 17 Uhr', { title: 'Blumen gießen', due: '2026-12-03 17:00' }],
    ['Aufräumen #Büro !dringend', { title: 'Aufräumen', project: 'Büro', priority: 'urgent' }],
    ['Call Ada tomorrow', { title: 'Call Ada', due: '2026-12-03' }],
    ['tomorrow 5pm party', { title: 'party', due: '2026-12-03 17:00' }],
    ['call ada friday at 9', { title: 'call ada', due: '2026-12-04 09:00' }],
    ['Trip in a week', { title: 'Trip', due: '2026-12-09' }],
    ['Put it in a box', { title: 'Put it in a box' }],
    ['Zahnarzt am 3.4.2027 um 14:30', { title: 'Zahnarzt', due: '2027-04-03 14:30' }],
    ['Termin am 24.12. um 9 Uhr', { title: 'Termin', due: '2026-12-24 09:00' }],
    ['Zahnarzt Mi. 9.12. 8:30', { title: 'Zahnarzt', due: '2026-12-09 08:30' }],
    ['Zahnarzt am Mi, 9.12.', { title: 'Zahnarzt', due: '2026-12-09' }],
    ['Tanz 5. Dezember 17 Uhr', { title: 'Tanz', due: '2026-12-05 17:00' }],
    ['Tanz am 5. Dez. 17 Uhr', { title: 'Tanz', due: '2026-12-05 17:00' }],
    ['Tanz 5. Dezember 2027', { title: 'Tanz', due: '2027-12-05' }],
    ['So. Kaffee um 15 Uhr', { title: 'Kaffee', due: '2026-12-06 15:00' }],
    ['in der nächsten Woche planen', { title: 'planen', due: '2026-12-07' }],
    ['Bericht bis Freitag', { title: 'Bericht', due: '2026-12-04' }],
    ['Bericht bis zum 3.4.2027', { title: 'Bericht', due: '2027-04-03' }],
    ['Reise von Montag bis Freitag', { title: 'Reise von Montag bis Freitag', due: '2026-12-07' }],
    ['Seiten 3-5 lesen', { title: 'Seiten 3-5 lesen' }],
    ['So ein Mist', { title: 'So ein Mist' }],
    ['Do it', { title: 'Do it' }],
    ['Do 3 things', { title: 'Do 3 things' }],
    ['So ein Mist morgen', { title: 'So ein Mist', due: '2026-12-03' }],
    ['Sport Do', { title: 'Sport', due: '2026-12-03' }],
    ['Sport Do #Garden', { title: 'Sport', due: '2026-12-03', project: 'Garden' }],
    ['Sport am Do mit Ada', { title: 'Sport mit Ada', due: '2026-12-03' }],
    ['Sport Do 17 Uhr mit Ada', { title: 'Sport mit Ada', due: '2026-12-03 17:00' }],
    ['Sa. Frühstück', { title: 'Frühstück', due: '2026-12-05' }],
    ['Frühstück', { title: 'Frühstück' }],
    ['Frühstück am Sa.', { title: 'Frühstück', due: '2026-12-05' }],
    ['Miete zahlen 1.12.', { title: 'Miete zahlen', due: '2027-12-01' }],
    ['Termin 24.12.', { title: 'Termin', due: '2026-12-24' }],
    ['Termin 2.12.', { title: 'Termin', due: '2026-12-02' }],
    ['Termin 24.12. um 9 Uhr', { title: 'Termin', due: '2026-12-24 09:00' }],
    ['24.12. Baum @fest', { title: 'Baum', due: '2026-12-24', labels: ['fest'] }],
    ['Termin 29.2.', { title: 'Termin', due: '2028-02-29' }],
    ['Termin 31.2.', { title: 'Termin 31.2.' }],
    ['Termin 24.13.', { title: 'Termin 24.13.' }],
    ['Fr. Müller anrufen', { title: 'Fr. Müller anrufen' }],
    ['Termin Fr. Müller morgen', { title: 'Termin Fr. Müller', due: '2026-12-03' }],
    ['Fr. 17 Uhr Kino', { title: 'Kino', due: '2026-12-04 17:00' }],
    ['Termin Fr. mit Ada', { title: 'Termin mit Ada', due: '2026-12-04' }],
    ['Kino Fr.', { title: 'Kino', due: '2026-12-04' }],
    ['Black Friday Angebote', { title: 'Black Friday Angebote' }],
    ['Guten Morgen Kaffee', { title: 'Guten Morgen Kaffee' }],
    ['Protokoll vom letzten Freitag lesen', { title: 'Protokoll vom letzten Freitag lesen' }],
    ['Rechnung von gestern', { title: 'Rechnung von gestern' }],
    ['vor 2 Tagen bestelltes Buch abholen', { title: 'vor 2 Tagen bestelltes Buch abholen' }],
    ['1/2 Liter Milch kaufen', { title: '1/2 Liter Milch kaufen' }],
    ['Nacht der Museen', { title: 'Nacht der Museen' }],
    ['Termin um 14.30 Uhr', { title: 'Termin', due: '2026-12-03 14:30' }],
    ['Termin 8.12. 14.30 Uhr', { title: 'Termin', due: '2026-12-08 14:30' }],
    ['morgen früh joggen', { title: 'joggen', due: '2026-12-03' }],
    ['kommenden Montag Sport', { title: 'Sport', due: '2026-12-07' }],
    ['Version 1.12 prüfen', { title: 'Version 1.12 prüfen' }],
    ['Version 3.1.12.5 prüfen', { title: 'Version 3.1.12.5 prüfen' }],
  ])('German: %s', (text, expected) => expect(short(text, 'de')).toEqual({ ...nothing, ...expected }));

  it.each([
    ['1/12', 'en-GB', '2027-12-01'],
    ['1/12', 'en', '2027-12-01'],
    ['1/12', 'de-DE', '2027-12-01'],
    ['3/4/2027 9:00', 'en-AU', '2027-04-03 09:00'],
    ['25/12', 'en-GB', '2026-12-25'],
    ['dec 25', 'en-GB', '2026-12-25'],
    ['dec 25', 'en-US', '2026-12-25'],
    ['1/12', 'en-US', '2027-01-12'],
    ['3/4/2027 9:00', 'en-US', '2027-03-04 09:00'],
    ['2026-12-04', 'en-US', '2026-12-04'],
    ['2/12', 'en-GB', '2026-12-02'],
    ['dec 2', 'en-GB', '2026-12-02'],
    ['tomorrow', 'no locale', '2026-12-03'],
  ])('%s in %s is %s', (text, locale, expected) => {
    const language = locale.startsWith('de') ? 'de' : 'en';
    const { day, time } = findDates(text, language, now, { zone, locale })[0]?.when ?? {};
    expect(day + (time ? ` ${time}` : '')).toBe(expected);
  });

  it.each([
    'Call Ada every monday',
    'Call Ada each monday at 9',
    'Call Ada every other friday',
    'Call Ada every 2 weeks',
    'Every day at 5pm water the plants',
    'Water the plants every evening',
    'Pay rent every 1st of december',
    'Gym mondays 9am',
    'Backup daily at 9am',
    'Report weekly on friday',
    'Anruf jeden Montag',
    'Anruf jeden zweiten Freitag um 9 Uhr',
    'Miete jeden 1.12.',
    'Jede Woche am Montag gießen',
    'Jedes Jahr am 24.12. Baum kaufen',
    'Gießen täglich um 9 Uhr',
    'Anruf montags um 9 Uhr',
    'Alle zwei Wochen am Freitag putzen',
    'Alle 3 Tage um 9 Uhr gießen',
  ])('leaves what repeats whole, and says so: %s', (text) => {
    expect(short(`${text} @home`, 'de')).toEqual({ ...nothing, title: text, labels: ['home'] });
    expect(repeats(text)).toBe(true);
  });

  it.each([
    ['Call every customer tomorrow', 'Call every customer'],
    ['Daily standup tomorrow', 'Daily standup'],
    ['Weekly report tomorrow', 'Weekly report'],
    ['Jeden Kunden anrufen morgen', 'Jeden Kunden anrufen'],
    ['Alle Fenster putzen morgen', 'Alle Fenster putzen'],
    ['Read Everyday Cooking tomorrow', 'Read Everyday Cooking'],
  ])('does not repeat: %s', (text, title) => {
    expect(short(text, 'de')).toEqual({ ...nothing, title, due: '2026-12-03' });
    expect(repeats(text)).toBe(false);
  });

  it.each<[string, string, string | null, string]>([
    ['8pm', '2026-12-10', '17:00', '2026-12-10 20:00'],
    ['8pm', '2026-12-10', null, '2026-12-10 20:00'],
    ['at noon', '2026-12-10', null, '2026-12-10 12:00'],
    ['yesterday', '2026-12-10', null, '2026-12-01'],
    ['friday', '2026-12-10', '17:00', '2026-12-04 17:00'],
    ['friday', '2026-12-10', null, '2026-12-04'],
    ['friday 8pm', '2026-12-10', '17:00', '2026-12-04 20:00'],
    ['in 2 hours', '2026-12-10', '17:00', '2026-12-02 23:30'],
  ])('%s said of a task due %s %s makes it %s', (words, day, time, expected) => {
    const [hit] = findDates(words, 'en', now, { zone, locale: 'en-GB' });
    const changed = hit && changedBy(hit, { day, time });
    expect([changed?.day, changed?.time].filter(Boolean).join(' ')).toBe(expected);
    expect(hit && changedBy(hit, null)).toEqual(hit?.when);
  });

  it.each<[string, 'en' | 'de', string]>([
    ['Plan it next week', 'en', '2026-12-07'],
    ['Plan it next week 5pm', 'en', '2026-12-07 17:00'],
    ['Plan it tuesday next week', 'en', '2026-12-08'],
    ['Plan it next week tuesday', 'en', '2026-12-08'],
    ['Plan it next week on sunday at 9', 'en', '2026-12-13 09:00'],
    ['Plan it in a week', 'en', '2026-12-09'],
    ['Plan it nächste Woche', 'de', '2026-12-07'],
    ['Plan it nächste Woche um 9 Uhr', 'de', '2026-12-07 09:00'],
    ['Plan it kommende Woche', 'de', '2026-12-07'],
    ['Plan it nächste Woche Dienstag', 'de', '2026-12-08'],
    ['Plan it nächste Woche am Sonntag um 9 Uhr', 'de', '2026-12-13 09:00'],
    ['Plan it in einer Woche', 'de', '2026-12-09'],
  ])('next week is the one that the button means: %s', (text, language, due) => expect(short(text, language)).toEqual({ ...nothing, title: 'Plan it', due }));

  it('leaves what the person took back as text', () => {
    expect(short('Lunch friday with Ada at noon', 'en', ['at noon'])).toMatchObject({ title: 'Lunch with Ada at noon', due: '2026-12-04' });
    expect(short('Lunch friday with Ada at noon', 'en', ['friday'])).toMatchObject({ title: 'Lunch friday with Ada', due: '2026-12-03 12:00' });
    expect(short('Read The Day After Tomorrow tomorrow', 'en', ['tomorrow'])).toMatchObject({ due: '2026-12-04' });
    expect(short('Dig #Garden', 'en', ['#Garden'])).toEqual({ ...nothing, title: 'Dig #Garden' });
    expect(short('Ship it !high', 'en', ['!high'])).toEqual({ ...nothing, title: 'Ship it !high' });
  });
});
