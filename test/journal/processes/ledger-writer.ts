import { writeSync } from 'node:fs';
import { errorFacts } from '../../../src/errors/supervise-error.js';
import { openWith, settlement } from '../fixtures.js';

/**
 * Settles rows of the ledger in the folder given, 10 at a time and 8 at once, every third batch with failures, and
 * says on stdout what was acknowledged, until it is killed or a write fails.
 */
const [runDirectory, from = '0'] = process.argv.slice(2);
if (runDirectory !== undefined) await work(runDirectory, Number(from));

async function work(folder: string, first: number): Promise<void> {
  const say = (message: object): void => void writeSync(1, `${JSON.stringify(message)}\n`);
  const ledger = await openWith(folder);
  const refusals = new Set<string>();
  let next = first;
  const worker = async (): Promise<void> => {
    while (refusals.size === 0) {
      const start = next;
      next += 10;
      await ledger.reserve({ start, end: start + 10 });
      const failed = (start / 10) % 3 === 0 ? [start + 2, start + 5] : [];
      await ledger.settle(settlement(start, start + 10, failed));
      say({ settled: start });
    }
  };
  const refused = (error: unknown): void => {
    const { code, message, hint } = errorFacts(error);
    refusals.add(JSON.stringify({ code, message, hint }));
  };
  await Promise.all(Array.from({ length: 8 }, () => worker().catch(refused)));
  // Nothing is taken after a failed write.
  await ledger.settle(settlement(next, next + 10)).catch(refused);
  await ledger.close();
  say({ refusals: [...refusals].map((each) => JSON.parse(each) as object) });
}
