/** Megabytes of a half of the young generation, where the heap is bounded. */
const youngHalfMb = 8;

/**
 * So that SIGUSR1 opens no inspector, not even before the first statement is run: Node's own switch, or, where it has none,
 * an address for the inspector that no machine has (of TEST-NET-1, RFC 5737), at which it cannot listen.
 */
export const withoutInspector: readonly string[] = process.allowedNodeEnvironmentFlags.has(
  '--disable-sigusr1',
)
  ? ['--disable-sigusr1']
  : ['--inspect-port=192.0.2.1:1024'];

/**
 * What Node is told when a child is started. V8's helper threads cost more than they save: one process of several, which
 * share the cores, needs none. A child that reads from Snowflake holds chunks of its result: with a bounded heap V8
 * collects before the machine is short of memory, young objects included. Elsewhere nothing is large, and such flags would
 * have Node 20 compile its own modules at every start instead of taking them from its binary (15 ms): see `YoungRoom`.
 */
export function nodeOptions(heapLimitMb?: number): string[] {
  if (heapLimitMb === undefined) return [...withoutInspector, '--single-threaded-gc'];
  return [
    ...withoutInspector,
    `--max-old-space-size=${heapLimitMb}`,
    `--min-semi-space-size=${youngHalfMb}`,
    `--max-semi-space-size=${youngHalfMb}`,
  ];
}
