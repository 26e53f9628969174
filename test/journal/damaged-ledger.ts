import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DamageError } from '../../src/journal/storage-error.js';
import { type PositionSet, RangeSet } from '../../src/record/range-set.js';
import {
  ERROR_LOG,
  HEAD,
  JOURNAL,
  loggedPositions,
  open,
  openWith,
  owner,
  place,
  readLedger,
  settlement,
} from './fixtures.js';

const ROWS = 400;
export const FILES = [JOURNAL, HEAD, ERROR_LOG] as const;

/** A ledger as a process left it, and what is true of its rows. */
interface Left {
  readonly journal: Buffer;
  readonly head: Buffer;
  readonly log: Buffer;
  /** Of the journal, in front of which nothing may be lost. */
  readonly durableBytes: number;
  /** May be in the vault. */
  readonly sent: RangeSet;
  readonly settled: RangeSet;
  readonly failed: RangeSet;
}

/** Two openings with every kind of line; the second one is closed, or killed with rows in flight. */
export async function leaveLedger(folder: string, how: 'closed' | 'killed'): Promise<Left> {
  const sent = new RangeSet();
  const failed = new RangeSet();
  const settled = new RangeSet();
  const settle = async (start: number, end: number, failures: number[], { ledger }: { ledger: Ledger }) => {
    await ledger.settle(settlement(start, end, failures));
    settled.add({ start, end });
    for (const position of failures) failed.add({ start: position, end: position + 1 });
  };
  const handOut = async (start: number, end: number, { ledger }: { ledger: Ledger }): Promise<void> => {
    await ledger.handOut({ start, end });
    sent.add({ start, end });
  };
  const first = { ledger: await open(folder) };
  await first.ledger.recordInputs({ rows: ROWS, inputs: [{ role: 'data file', name: '/data/é.csv' }] });
  await first.ledger.reserve({ start: 0, end: 200 }, { ahead: true });
  await handOut(0, 60, first);
  await settle(0, 10, [3], first);
  await settle(20, 30, [], first);
  await handOut(60, 100, first);
  await settle(60, 80, [61, 70], first);
  await first.ledger.release({ start: 100, end: 200 });
  await first.ledger.close();

  const second = { ledger: await open(folder) };
  await second.ledger.reserve({ start: 100, end: 300 }, { ahead: true });
  await handOut(100, 140, second);
  await settle(100, 110, [], second);
  await settle(30, 60, [44], second);
  await second.ledger.reserve({ start: 300, end: 400 }, { ahead: true });
  const durableBytes = (await readFile(join(folder, JOURNAL))).length;
  await handOut(140, 180, second);
  await settle(120, 140, [121], second);
  await settle(140, 160, [], second);
  if (how === 'closed') await second.ledger.close();
  const [journal, head, log] = await Promise.all(FILES.map((file) => readFile(join(folder, file))));
  assert.ok(journal !== undefined && head !== undefined && log !== undefined);
  await second.ledger.close();
  return {
    ...{ journal, head, log, sent, settled, failed },
    durableBytes: how === 'closed' ? journal.length : durableBytes,
  };
}

type Ledger = Awaited<ReturnType<typeof open>>;

/** What is said of the rows must be true, and no row that may be in the vault may count as unsent. */
function assertTrue(
  { sent, settled }: Left,
  found: { readonly settled: PositionSet; readonly inDoubt: PositionSet },
  what: string,
): void {
  assert.equal(found.settled.subtract(settled).size, 0, `${what}: rows count as settled that are not`);
  const unsent = sent.subtract(found.settled).subtract(found.inDoubt);
  assert.equal(unsent.size, 0, `${what}: rows ${JSON.stringify([...unsent])} would be sent again`);
}

export const openToRepair = (runDirectory: string): Promise<Ledger> =>
  openWith(runDirectory, { repair: true });

/** Repairs what was refused, twice over, and looks at what came out. */
export async function assertRepaired(folder: string, left: Left, what: string): Promise<void> {
  const ledger = await openToRepair(folder);
  try {
    const { settled, totals, mayHaveSentAll } = ledger;
    const everything = new RangeSet([{ start: 0, end: ROWS }]);
    const inDoubt = mayHaveSentAll ? everything.subtract(settled) : ledger.inDoubt;
    assertTrue(left, { settled, inDoubt }, `${what}, repaired`);
    const logged = loggedPositions(ledger.errorLogFile);
    assert.equal(logged.length, totals.failed, what);
    assert.ok(
      logged.every((position) => left.failed.has(position) && settled.has(position)),
      what,
    );
    assert.equal(totals.read, settled.size);
    assert.equal(totals.read, totals.uploaded + totals.failed);
    // It goes on from here as any other.
    await ledger.reserve({ start: ROWS, end: ROWS + 10 });
    await ledger.settle(settlement(ROWS, ROWS + 10, [ROWS + 1]));
  } finally {
    await ledger.close();
  }
  const again = await open(folder);
  assert.deepEqual(again.totals, ledger.totals, what);
  await again.close();
}

/** Places `changed` into `folder` and judges what is made of it; true when it was refused. */
export async function judge(
  folder: string,
  left: Left,
  changed: { readonly journal?: Buffer | undefined; readonly head?: Buffer | undefined },
  what: string,
): Promise<boolean> {
  const { journal, head, log } = { ...left, ...changed };
  place(folder, { [JOURNAL]: journal, [HEAD]: head, [ERROR_LOG]: log });
  try {
    const reading = await readLedger(folder, owner.vaultName);
    assert.ok(reading, `${what}: it counts as never begun`);
    assertTrue(left, reading, what);
    return false;
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    assert.match(error.hint ?? '', /resume --repair/);
    return true;
  }
}

/** The same bytes, changed from `at` on. */
export function changed(bytes: Buffer, at: number, change: (byte: number) => number, length = 1): Buffer {
  const copy = Buffer.from(bytes);
  for (let index = at; index < Math.min(at + length, copy.length); index += 1)
    copy[index] = change(copy[index] ?? 0);
  return copy;
}
