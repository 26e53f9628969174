const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((many) => many * second),
  ...[1, 2, 5, 10, 15, 30].map((many) => many * minute),
  ...[1, 2, 3, 6, 12].map((many) => many * hour),
  ...[1, 2, 7, 14].map((many) => many * day),
];

/** Round times between two, at most so many, and how each is written. */
export function timeTicks(
  fromMs: number,
  toMs: number,
  { isUtc, most }: { readonly isUtc: boolean; readonly most: number },
): { readonly ticks: readonly number[]; readonly label: (ms: number) => string } {
  const step = steps.find((one) => (toMs - fromMs) / one <= most) ?? 28 * day;
  const shiftMs = isUtc ? 0 : new Date(fromMs).getTimezoneOffset() * minute;
  const first = Math.ceil((fromMs - shiftMs) / step) * step + shiftMs;
  const ticks: number[] = [];
  for (let at = first; at <= toMs && ticks.length <= most; at += step) ticks.push(at);
  const zone = isUtc ? { timeZone: 'UTC' } : {};
  const form: Intl.DateTimeFormatOptions =
    step >= day
      ? { month: 'short', day: 'numeric' }
      : step < minute
        ? { hour: '2-digit', minute: '2-digit', second: '2-digit' }
        : { hour: '2-digit', minute: '2-digit' };
  return { ticks, label: (ms) => new Date(ms).toLocaleString('en-GB', { ...form, ...zone }) };
}
