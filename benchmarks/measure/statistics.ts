/** Where repeated measurements lie. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value that as many lie above as below; throws a RangeError for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('no values have no median');
  return (upper + lower) / 2;
}

/** Median, lowest and highest; throws a RangeError for no values. */
export function spreadOf(values: readonly number[]): Spread {
  return { count: values.length, median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** A ratio with the interval that holds the true one in 95 of 100 such experiments. */
export interface RatioInterval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly pairs: number;
}

/**
 * The ratio of `test` to `base`, measured in pairs: geometric mean of the pairs' ratios, with Student's interval of
 * their logarithms (95 %). What disturbs both of a pair alike cancels out. Needs two pairs of positive numbers.
 */
export function ratioInterval(base: readonly number[], test: readonly number[]): RatioInterval {
  const pairs = base.length;
  if (pairs < 2 || test.length !== pairs || [...base, ...test].some((value) => !(value > 0))) {
    throw new RangeError('a ratio needs at least two pairs of positive numbers');
  }
  const logs = base.map((value, at) => Math.log((test[at] ?? Number.NaN) / value));
  const mean = logs.reduce((sum, value) => sum + value, 0) / pairs;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (pairs - 1);
  const half = studentQuantile(pairs - 1) * Math.sqrt(variance / pairs);
  return { ratio: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half), pairs };
}

/** What an interval allows to say of `test` against `base`, where less is better. */
export function noiseVerdict({ low, high }: RatioInterval): 'less' | 'more' | 'no difference resolved' {
  if (high < 1) return 'less';
  if (low > 1) return 'more';
  return 'no difference resolved';
}

/** The 97.5 % quantile of Student's distribution, by degrees of freedom from 1. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;

/** Beyond the table the value of its end, which is a little too wide. */
function studentQuantile(degrees: number): number {
  return STUDENT[Math.min(degrees, STUDENT.length) - 1] ?? Number.NaN;
}
