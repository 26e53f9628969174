/** Megabytes of a half of the young generation, which is what V8 lets it grow to anyway. */
const youngHalfMb = 16;

/**
 * What Node is told when a child is started. Young objects have their full room from the beginning: V8 would grow it by
 * and by, and a load makes garbage at once and evenly, so it would only collect more often until then. A child that
 * reads from Snowflake holds chunks of its result: with a bounded heap V8 collects before the machine is short of memory.
 */
export function nodeOptions(source: {
  readonly kind: string;
  readonly heapLimitMb?: number | undefined;
}): string[] {
  const options = [`--min-semi-space-size=${youngHalfMb}`];
  if (source.heapLimitMb !== undefined) options.push(`--max-old-space-size=${source.heapLimitMb}`);
  return options;
}
