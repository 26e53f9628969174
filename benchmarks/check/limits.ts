/** What a load may cost at the most, each a little above what it costs now. */
export const limits = {
  /** JavaScript heap, start-up included; more of it on a busy machine, where the same records take longer. */
  'allocated bytes per record': 780,
  'journal lines per batch': 2.2,
  'journal bytes per record': 0.35,
  'messages per second, besides six': 4.5,
  'bytes of the longest message, latencies apart': 1_000,
  'reads that the system is asked for, per batch': 2.5,
  'writes that the system is asked for, per batch': 4.8,
  'promises per batch': 46,
  'files of code that a supervisor reads': 11,
  'files of code that a child reads': 9,
  'kilobytes of code that a supervisor reads': 1_760,
  'kilobytes of code that a child reads': 1_470,
  'kilobytes of it that a supervisor compiles': 18,
  'kilobytes of it that a child compiles': 11,
  'peak MB of a child, 600 records of 1 MB': 600,
  'requests lost of 1,000, 1 % refused at random': 20,
  'requests lost of 1,000, 3 % refused at random': 60,
  'requests in a minute of nothing but refusals': 84,
  'requests refused of 1,000 at a limit of 50/s': 5,
  'requests unused of 1,000 at a limit of 50/s': 20,
  'requests for 1,000 records, 60 of them bad': 26,
  'look-ups for 12 rows in 12 fragments': 2,
} as const;

type Count = keyof typeof limits;
export type Measured = Readonly<Record<Count, number>>;

/** The figures beside their limits, a row each, and whether all of them are kept. */
export function judge(measured: Measured) {
  const rows = (Object.keys(limits) as Count[]).map((name) => {
    const verdict = measured[name] <= limits[name] ? 'kept' : 'ABOVE';
    return [name, measured[name].toFixed(2), String(limits[name]), verdict] as const;
  });
  return { rows, kept: rows.every(([, , , verdict]) => verdict === 'kept') };
}
