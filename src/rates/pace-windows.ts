import { ratesOf, type Rates } from './rates.js';

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const minutesOfDay = 24 * 60;

/** Some hours of some days of the week, and the rates that hold in them instead of the configured ones. */
export interface PaceWindow {
  /** 0 is Sunday. Of a window over midnight: the days on which it begins. */
  readonly days: ReadonlySet<number>;
  /** Minutes from midnight, `from` included, `to` not; from after to is over midnight. */
  readonly from: number;
  readonly to: number;
  readonly rates: Rates;
}

/** What a window looks like, in words. */
export const paceWindowsForm =
  'windows between semicolons, each with days, hours and rates, such as "mon-fri 08:00-18:00 20 requests/s; sat,sun 50000 records/s"';

/** Undefined for a text that is none. */
export function parsePaceWindows(text: string): readonly PaceWindow[] | undefined {
  const windows = text
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseWindow);
  const whole = windows.filter((window) => window !== undefined);
  return whole.length === windows.length ? whole : undefined;
}

function parseWindow(text: string): PaceWindow | undefined {
  const form = /^(?:([a-z][a-z,-]*)\s+)?(?:(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)\s+)?(\d.*)$/;
  const [, dayText, fromHour, fromMinute, toHour, toMinute, rateText = ''] = form.exec(text) ?? [];
  const days = dayText === undefined ? new Set(dayNames.keys()) : parseDays(dayText);
  const from = minutes(fromHour, fromMinute) ?? 0;
  const to = minutes(toHour, toMinute) ?? minutesOfDay;
  const rates = parseRates(rateText);
  if (days === undefined || rates === undefined || from === to) return undefined;
  return from < minutesOfDay && to <= minutesOfDay ? { days, from, to, rates } : undefined;
}

function minutes(hour: string | undefined, minute: string | undefined): number | undefined {
  if (hour === undefined || minute === undefined) return undefined;
  return Number(minute) < 60 ? 60 * Number(hour) + Number(minute) : Infinity;
}

function parseDays(text: string): Set<number> | undefined {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last = first] = part.split('-').map((name) => dayNames.findIndex((day) => day === name));
    if (first === undefined || last === undefined || first === -1 || last === -1) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

function parseRates(text: string): Rates | undefined {
  const found = text
    .split(',')
    .map((part) => /^\s*(\d+(?:\.\d+)?)\s+(requests|records|bytes)\/s\s*$/.exec(part));
  const entries = found.map((match) => [`max_${match?.[2] ?? ''}_per_second`, Number(match?.[1])] as const);
  const isWhole = entries.every(([, perSecond]) => perSecond > 0);
  return isWhole && new Set(entries.map(([key]) => key)).size === entries.length
    ? ratesOf(Object.fromEntries(entries))
    : undefined;
}

/** The rates at a moment: those of the first window it is in, over the configured ones. */
export function ratesAt(
  moment: Date,
  settings: {
    readonly rates: Rates;
    readonly windows: readonly PaceWindow[];
    readonly timeZone?: string | undefined;
  },
): Rates {
  const { rates, windows, timeZone } = settings;
  if (windows.length === 0) return rates;
  const { day, minute } = wallClock(moment, timeZone);
  const window = windows.find((candidate) => holds(candidate, day, minute));
  return window === undefined ? rates : { ...rates, ...window.rates };
}

function holds({ days, from, to }: PaceWindow, day: number, minute: number): boolean {
  if (from < to) return days.has(day) && minute >= from && minute < to;
  return minute >= from ? days.has(day) : minute < to && days.has((day + 6) % 7);
}

function wallClock(moment: Date, timeZone: string | undefined): { day: number; minute: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const weekday = (parts.get('weekday') ?? '').toLowerCase();
  return {
    day: dayNames.findIndex((name) => name === weekday),
    minute: 60 * Number(parts.get('hour')) + Number(parts.get('minute')),
  };
}

/** Whether this machine knows a time zone by this name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
