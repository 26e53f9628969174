/**
 * What Node is told when a child is started. A child that reads from Snowflake holds chunks of its result: with a
 * bounded heap V8 collects before the machine is short of memory.
 */
export function nodeOptions(source: {
  readonly kind: string;
  readonly heapLimitMb?: number | undefined;
}): string[] {
  return source.heapLimitMb === undefined ? [] : [`--max-old-space-size=${source.heapLimitMb}`];
}
