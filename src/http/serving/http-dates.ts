/** HTTP-date (RFC 9110, section 5.6.7): one form to write, three to read, and nothing that Date.parse takes besides. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthNames = months.join('|');
const days = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longDays = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const time = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';

const forms = [
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^${days}, (?<day>\\d{2}) (?<month>${monthNames}) (?<year>\\d{4}) ${time} GMT$`),
  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^${longDays}, (?<day>\\d{2})-(?<month>${monthNames})-(?<shortYear>\\d{2}) ${time} GMT$`),
  // asctime: Sun Nov  6 08:49:37 1994
  new RegExp(`^${days} (?<month>${monthNames}) (?<day>\\d{2}| \\d) ${time} (?<year>\\d{4})$`),
];

/** Seconds since the epoch, or null where it is no HTTP-date. */
export function parseHttpDate(value: string, now: Date = new Date()): number | null {
  for (const form of forms) {
    const groups = form.exec(value)?.groups;
    if (!groups) continue;
    const { day = '', month = '', year, shortYear = '', hour = '', minute = '', second = '' } = groups;
    const fullYear = year === undefined ? fullYearOf(Number(shortYear), now) : Number(year);
    const date = new Date(0);
    date.setUTCFullYear(fullYear, months.indexOf(month), Number(day));
    // A leap second is the last of its minute to us.
    date.setUTCHours(Number(hour), Number(minute), Math.min(Number(second), 59));
    const isReal =
      date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
    return isReal ? date.getTime() / 1000 : null;
  }
  return null;
}

/** A two-digit year that seems to lie more than 50 years ahead is the most recent past one. */
function fullYearOf(shortYear: number, now: Date): number {
  const current = now.getUTCFullYear();
  const year = current - (current % 100) + shortYear;
  return year > current + 50 ? year - 100 : year;
}

/** What an HTTP-date can hold of a moment: whole seconds. */
export function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
