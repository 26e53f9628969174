import { SqlFailure } from './sql-failure.js';
import type { Token } from './tokens.js';

interface DatePart {
  readonly name: string;
  readonly aliases: string;
  /** The engine's interval of `n` of them. */
  readonly interval: (n: string) => string;
  /** Whether a date stays a date when it is added. */
  readonly isDate: boolean;
}

const months = (factor: number) => (n: string) => `to_months(CAST(${factor} * round(${n}) AS INTEGER))`;
const days = (factor: number) => (n: string) => `to_days(CAST(${factor} * round(${n}) AS INTEGER))`;
const micros = (factor: number) => (n: string) => `to_microseconds(CAST(${factor} * round(${n}) AS BIGINT))`;

const parts: readonly DatePart[] = [
  { name: 'year', aliases: 'y yy yyy yyyy yr years yrs', interval: months(12), isDate: true },
  { name: 'quarter', aliases: 'q qtr qtrs quarters', interval: months(3), isDate: true },
  { name: 'month', aliases: 'mm mon mons months', interval: months(1), isDate: true },
  { name: 'week', aliases: 'w wk weekofyear woy wy', interval: days(7), isDate: true },
  { name: 'day', aliases: 'd dd days dayofmonth', interval: days(1), isDate: true },
  { name: 'hour', aliases: 'h hh hr hours hrs', interval: micros(3_600_000_000), isDate: false },
  { name: 'minute', aliases: 'm mi min minutes mins', interval: micros(60_000_000), isDate: false },
  { name: 'second', aliases: 's sec seconds secs', interval: micros(1_000_000), isDate: false },
  { name: 'millisecond', aliases: 'ms msec milliseconds', interval: micros(1_000), isDate: false },
  { name: 'microsecond', aliases: 'us usec microseconds', interval: micros(1), isDate: false },
];

/** The part of a date that an argument names, quoted or not; throws SqlFailure for what is none. */
export function datePart(argument: readonly Token[], called: string): DatePart {
  const name =
    argument.length === 1 ? (argument[0]?.text ?? '').replace(/^['"]|['"]$/g, '').toLowerCase() : '';
  const found = parts.find((part) => part.name === name || part.aliases.split(' ').includes(name));
  if (found !== undefined) return found;
  throw new SqlFailure(
    '001014',
    '22023',
    `SQL compilation error:\n'${name.toUpperCase()}' is not a valid date/time component for function ${called}.`,
  );
}

/** Elements of a format, in the engine's words. */
const elements: Readonly<Record<string, string>> = {
  ...{ YYYY: '%Y', YY: '%y', MMMM: '%B', MON: '%b', MM: '%m', DD: '%d', DY: '%a', HH24: '%H', HH12: '%I' },
  ...{ MI: '%M', SS: '%S', FF: '%n', FF3: '%g', FF6: '%f', FF9: '%n', AM: '%p', PM: '%p', T: 'T', Z: 'Z' },
};
const element = /YYYY|YY|MMMM|MON|MM|DD|DY|HH24|HH12|MI|SS|FF[369]?|AM|PM|T|Z|"[^"]*"|[^A-Za-z0-9"]+|./gisu;

/** A format of Snowflake's (`YYYY-MM-DD`) as the engine writes it; undefined where an element of it is not emulated. */
export function dateFormat(format: string): string | undefined {
  let written = '';
  for (const [part] of format.matchAll(element)) {
    const literal = /^"[^"]*"$/.test(part) ? part.slice(1, -1) : part;
    if (literal !== part || /^[^A-Za-z0-9"]+$/.test(part)) written += literal.replaceAll('%', '%%');
    else {
      const known = elements[part.toUpperCase()];
      if (known === undefined) return undefined;
      written += known;
    }
  }
  return written;
}
