/** What a load may cost at the most, each a little above what it costs now. */
export const limits = {
  /** JavaScript heap, start-up included. */
  'allocated bytes per record': 1_650,
  'journal lines per batch': 1.3,
  'journal bytes per record': 0.2,
  'messages per second, besides six': 4.5,
  'bytes of a message': 800,
} as const;

export type Measured = Readonly<Record<keyof typeof limits, number>>;
