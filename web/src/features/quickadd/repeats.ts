// What asks for more than one time, in English and German words.
const weekdays = '(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend';
const spans =
  'mon|tue|wed|thu|fri|sat|sun|hour|day|night|morning|evening|afternoon|week|weekday|weekend|workday|month|quarter|year|' +
  'stunde|tag|nacht|morgen|abend|nachmittag|woche|wochenende|werktag|monat|quartal|jahr';
const counts =
  '\\d+|other|first|second|third|fourth|last|single|two|three|four|six|' +
  '(?:erst|zweit|dritt|viert|letzt|ander|einzeln)e[nrs]?|zwei|drei|vier|sechs';
const repeating = new RegExp(
  `(?<!\\p{L})(?:(?:every|each|jede[nrs]?|alle)\\s+(?:(?:(?:${counts})\\s+)?(?:${weekdays}|${spans})(?:s|e|n|en)?|\\d+(?:st|nd|rd|th|\\.))|` +
    `(?:${weekdays}|werktag)s|täglich|wöchentlich|monatlich|jährlich|(?:daily|weekly|monthly|yearly)(?=\\s+(?:at|on|\\d+\\s?[ap]m)|[\\s\\0]*$))(?!\\p{L})`,
  'iu',
);

/** Does it ask for more than one time, as "every monday" and "täglich" do? */
export const repeats = (text: string): boolean => repeating.test(text);
