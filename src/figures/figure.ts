import * as z from 'zod';
import type { Tone } from '../report/text-style.js';
import { addLatencies, latencySchema, NO_LATENCY, type Latency } from './latency-histogram.js';

/** A number, one that may be unknown, several parts, or latencies. */
export type FigureValue = number | null | Readonly<Record<string, number>> | Latency;

/** How a figure is checked and put together, whatever it is a figure of. */
export interface FigureKind<Value extends FigureValue> {
  readonly schema: z.ZodType<Value>;
  /** Before anything was reported. */
  readonly none: Value;
  /** Of a process, and of the one that was started after it. */
  after(before: Value, now: Value): Value;
  /** Of two that work beside each other: vaults, or parts of one. */
  beside(one: Value, other: Value): Value;
  /** Who knows it: the ledger, or each process, which counts it from 0; otherwise a process finds it out when it reports. */
  readonly by?: 'ledger' | 'counting';
  /** Of a figure that is made of parts: what people call them. */
  readonly words?: Readonly<Record<string, string>>;
}

/** Where a figure is shown. */
interface Shown {
  /** In `summary.json`: of each vault and of all together, or of each vault. Absent: only while a run lasts. */
  readonly summary?: 'totals' | 'vaults';
  readonly metric?: Metric;
  /** Of the table of vaults; one that is not always there is left out where nobody has any. */
  readonly column?: { readonly heading: string; readonly always?: boolean };
  /** Said of all vaults together where there are any: of answers that were unknown, or of the work. */
  readonly said?: { readonly of: 'answers' | 'work'; readonly one: string; readonly many: string };
  readonly alarm?: Alarm;
}

/** In the line of a vault, conspicuous where there are any. The lower the importance, the longer it stays. */
export interface Alarm {
  readonly word: string;
  readonly working: number;
  readonly ended: number;
  readonly tone: Tone;
}

/** For Prometheus. Parts are told apart by `label`; times are given in seconds. */
interface Metric {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly isMilliseconds?: boolean;
}

export interface Figure<Value extends FigureValue = FigureValue> extends FigureKind<Value>, Shown {}

const count = z.int().nonnegative();
const amount = z.number().nonnegative();
const sum = (one: number, other: number): number => one + other;
const latter = <Value>(_before: Value, now: Value): Value => now;

/** Rows by the ledger, which outlives processes and commands. */
export const ledgerRows = {
  by: 'ledger',
  schema: count,
  none: 0,
  after: latter<number>,
  beside: sum,
} as const satisfies FigureKind<number>;

/** Rows that are known late, or never: null until then. */
export const knownRows = {
  by: 'ledger',
  schema: count.nullable(),
  none: null,
  after: (before, now) => now ?? before,
  beside: (one, other) => (one === null || other === null ? null : one + other),
} as const satisfies FigureKind<number | null>;

/** What each process counts from 0. */
export const counted = {
  by: 'counting',
  schema: count.default(0),
  none: 0,
  after: sum,
  beside: sum,
} as const satisfies FigureKind<number>;

/** How much of something there is at this moment. */
export const momentary: FigureKind<number> = {
  schema: amount.default(0),
  none: 0,
  after: latter,
  beside: sum,
};

/** The same where there may be no such thing. */
export const momentaryLimit: FigureKind<number | null> = {
  schema: amount.nullable().default(null),
  none: null,
  after: latter,
  beside: (one, other) => (one === null || other === null ? (one ?? other) : one + other),
};

/** One that is not shared out: every process keeps to it alone. */
export const momentaryCeiling: FigureKind<number | null> = {
  ...momentaryLimit,
  beside: (one, other) => (one === null || other === null ? (one ?? other) : Math.max(one, other)),
};

/** Time that each process counts from 0, in milliseconds: added up over those that work, */
export const spentTime: FigureKind<number> = { schema: amount.default(0), none: 0, after: sum, beside: sum };

/** or by the clock. */
export const passedTime: FigureKind<number> = { ...spentTime, beside: Math.max };

export const latencies: FigureKind<Latency> = {
  schema: latencySchema,
  none: NO_LATENCY,
  after: addLatencies,
  beside: addLatencies,
};

/** A figure of several parts, each of the same kind, with what people call them. */
export function partsOf<const Part extends string>(
  kind: FigureKind<number>,
  words: Readonly<Record<Part, string>>,
): FigureKind<Readonly<Record<Part, number>>> & { readonly words: Readonly<Record<Part, string>> } {
  const parts = Object.keys(words) as Part[];
  const each = <Value>(of: (part: Part) => Value): Record<Part, Value> =>
    Object.fromEntries(parts.map((part) => [part, of(part)])) as Record<Part, Value>;
  return {
    // What an older version did not know, a part or all of them, is none.
    schema: (
      z.strictObject(each(() => kind.schema.default(kind.none))) as z.ZodType<Record<Part, number>>
    ).default(each(() => kind.none)),
    none: each(() => kind.none),
    after: (before, now) => each((part) => kind.after(before[part], now[part])),
    beside: (one, other) => each((part) => kind.beside(one[part], other[part])),
    words,
  };
}

/** A figure as one number: the sum of its parts, or of its latencies how many. */
export function amountOf(value: FigureValue): number {
  if (value === null || typeof value === 'number') return value ?? 0;
  return isLatency(value) ? value.count : Object.values(value).reduce(sum, 0);
}

export function isLatency(value: FigureValue): value is Latency {
  return typeof value === 'object' && value !== null && 'buckets' in value;
}
