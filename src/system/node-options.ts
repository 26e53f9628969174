/** Megabytes of a half of the young generation; newer versions of Node would let it grow to four times as much. */
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
 * What Node is told when a child is started. Young objects have the same room from the beginning to the end: V8 would
 * grow it by and by, and a load makes garbage at once and evenly, so it would only collect more often until then. A
 * child that reads from Snowflake holds chunks of its result: with a bounded heap V8 collects before the machine is
 * short of memory. Elsewhere nothing is large, and V8's helper threads cost more than they save: one process of
 * several, which share the cores, needs none.
 */
export function nodeOptions(heapLimitMb?: number): string[] {
  const rest = heapLimitMb === undefined ? '--single-threaded-gc' : `--max-old-space-size=${heapLimitMb}`;
  return [
    ...withoutInspector,
    `--min-semi-space-size=${youngHalfMb}`,
    `--max-semi-space-size=${youngHalfMb}`,
    rest,
  ];
}
