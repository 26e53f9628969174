import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DamageError } from '../../src/journal/storage-error.js';
import type { PositionSet } from '../../src/record/range-set.js';
import { RangeSet } from '../../src/record/range-set.js';
import {
  ERROR_LOG,
  HEAD,
  JOURNAL,
  linesOf,
  loggedPositions,
  memoryFolder,
  open,
  openWith,
  owner,
  place,
  readLedger,
  settlement,
} from './fixtures.js';
import { newFolder } from '../support/temporary-folder.js';

const ROWS = 400;
const FILES = [JOURNAL, HEAD, ERROR_LOG] as const;

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
async function leaveLedger(folder: string, how: 'closed' | 'killed'): Promise<Left> {
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

const openToRepair = (runDirectory: string): Promise<Ledger> => openWith(runDirectory, { repair: true });

/** Repairs what was refused, twice over, and looks at what came out. */
async function assertRepaired(folder: string, left: Left, what: string): Promise<void> {
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
async function judge(
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
function changed(bytes: Buffer, at: number, change: (byte: number) => number, length = 1): Buffer {
  const copy = Buffer.from(bytes);
  for (let index = at; index < Math.min(at + length, copy.length); index += 1)
    copy[index] = change(copy[index] ?? 0);
  return copy;
}

for (const how of ['closed', 'killed'] as const) {
  test(`any byte of a ledger that was ${how} may be lost: refused or seen, never a row sent again`, async (t) => {
    const root = await memoryFolder(t);
    const left = await leaveLedger(newFolder(join(root, 'left-')), how);
    const folder = newFolder(join(root, 'changed-'));
    const { journal, head, durableBytes } = left;
    assert.equal(await judge(folder, left, {}, 'as it was left'), false);
    const noise = (byte: number): number => (byte === 0x0a ? byte : byte ^ 4);
    let tried = 0;
    const tryJournal = async (bytes: Buffer, at: number, what: string): Promise<void> => {
      tried += 1;
      const isRefused = await judge(folder, left, { journal: bytes }, `${what} at ${at}`);
      const isTorn = bytes.subarray(0, durableBytes).equals(journal.subarray(0, durableBytes));
      if (!isTorn) assert.ok(isRefused, `${what} at ${at} was passed over`);
      // One whose torn end is dropped needs no repair.
      else assert.ok(!isRefused, `${what} at ${at} is what a power failure leaves`);
      if (isRefused && tried % 47 === 0) await assertRepaired(folder, left, `${what} at ${at}`);
    };
    // Before what the head vouches for all bytes are alike: those of one of the two ledgers will do.
    const from = how === 'closed' ? 0 : durableBytes - 100;
    for (let at = from; at < journal.length; at += 1) {
      await tryJournal(
        changed(journal, at, () => 0),
        at,
        'a zero',
      );
      await tryJournal(
        changed(journal, at, (byte) => byte ^ (1 << (at % 8))),
        at,
        'a flipped bit',
      );
      if (how === 'closed' && at % 7 > 0) continue;
      const rest = journal.length;
      await tryJournal(journal.subarray(0, at), at, 'the end');
      await tryJournal(
        changed(journal, at, () => 0, rest),
        at,
        'zeros to the end',
      );
      await tryJournal(
        changed(journal, at, () => 0, 100),
        at,
        'a hole',
      );
      await tryJournal(changed(journal, at, noise, rest), at, 'noise to the end');
      const without = [journal.subarray(0, at), journal.subarray(at + 40)];
      await tryJournal(Buffer.concat(without), at, 'bytes left out');
    }
    for (let at = 0; at < head.length; at += 9) {
      for (const bytes of [changed(head, at, () => 0), changed(head, at, (byte) => byte ^ 1)])
        await judge(folder, left, { head: bytes }, `a byte of the head at ${at}`);
    }
    assert.ok(tried > 1_500);
  });

  test(`lines of a ledger that was ${how} are lost, doubled or moved, and files are gone, empty or swapped`, async (t) => {
    const root = await memoryFolder(t);
    const leftIn = newFolder(join(root, 'left-'));
    const left = await leaveLedger(leftIn, how);
    const folder = newFolder(join(root, 'changed-'));
    const lines = linesOf(left.journal);
    const durable = linesOf(left.journal.subarray(0, left.durableBytes)).length;
    const join_ = (some: readonly string[]): Buffer => Buffer.from(some.map((line) => `${line}\n`).join(''));
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at] ?? '';
      for (let to = at; to < lines.length; to += 1) {
        const swapped = lines.with(at, lines[to] ?? '').with(to, line);
        const isRefused = await judge(folder, left, { journal: join_(swapped) }, `lines ${at} and ${to}`);
        if (at !== to && Math.min(at, to) < durable)
          assert.ok(isRefused, `lines ${at} and ${to} changed places`);
      }
      const without = await judge(folder, left, { journal: join_(lines.toSpliced(at, 1)) }, `without ${at}`);
      assert.equal(without, at < durable);
      if (without) await assertRepaired(folder, left, `without line ${at}`);
      const twice = await judge(
        folder,
        left,
        { journal: join_(lines.toSpliced(at, 0, line)) },
        `twice ${at}`,
      );
      assert.equal(twice, at < durable - 1);
    }

    const other = newFolder(join(root, 'other-'));
    const foreign = await open(other, { vaultName: 'DOB' });
    await foreign.reserve({ start: 0, end: 10 });
    await foreign.settle(settlement(0, 10));
    await foreign.close();
    const swapped = await readFile(join(other, 'journal_DOB.log'));
    const old = join_(lines.slice(0, 6));
    for (const [what, files] of Object.entries({
      'no journal': { journal: undefined },
      'an empty journal': { journal: Buffer.alloc(0) },
      'a journal of zeros': { journal: Buffer.alloc(left.journal.length) },
      'another vault’s journal': { journal: swapped },
      'an old copy of the journal': { journal: old },
      'no head': { head: undefined },
      'an empty head': { head: Buffer.alloc(0) },
      'another vault’s head': { head: await readFile(join(other, 'journal_DOB.head')) },
    })) {
      assert.ok(await judge(folder, left, files, what), `${what} is refused`);
      await assertRepaired(folder, left, what);
    }
  });
}

test('what was handed out is known after a kill, but not when lines are missing, or the machine was started anew', async (t) => {
  const root = await memoryFolder(t);
  const left = await leaveLedger(newFolder(join(root, 'left-')), 'killed');
  const folder = newFolder(join(root, 'changed-'));
  const doubt = async (change: Parameters<typeof judge>[2]): Promise<unknown> => {
    assert.equal(await judge(folder, left, change, 'changed'), false);
    const reading = await readLedger(folder, owner.vaultName);
    const ledger = await open(folder);
    assert.deepEqual([...ledger.inDoubt], [...(reading?.inDoubt ?? [])]);
    await ledger.close();
    return [...ledger.inDoubt];
  };
  const inFlight = [...left.sent.subtract(left.settled)];
  assert.deepEqual(await doubt({}), inFlight);
  const anotherBoot = left.head.toString('latin1').replace(/boot=\S+/, `boot=${'0'.repeat(36)}`);
  const cut = left.journal.subarray(0, left.durableBytes);
  const toTheEnd = { start: 160, end: 400 };
  assert.deepEqual(await doubt({ head: Buffer.from(anotherBoot, 'latin1') }), [
    ...inFlight.slice(0, -1),
    toTheEnd,
  ]);
  assert.deepEqual(await doubt({ journal: cut }), [...inFlight.slice(0, 2), { start: 110, end: 400 }]);
});

test('a journal that knows less than the last summary said is refused, and so is none at all', async (t) => {
  const folder = await memoryFolder(t);
  const evidence = { settledRows: 100, hasBegun: true };
  const refused = { code: 'storage', message: /missing or empty/, hint: /resume --repair/ };
  await assert.rejects(openWith(folder, { evidence }), refused);
  await writeFile(join(folder, JOURNAL), '');
  await assert.rejects(openWith(folder, { evidence }), refused);
  await assert.rejects(openWith(folder, { evidence: { ...evidence, settledRows: 0 } }), refused);
  const ledger = await openWith(folder, { evidence, repair: true });
  assert.equal(ledger.mayHaveSentAll, true);
  await ledger.close();

  // Both files rolled back together: they fit each other, and know too little.
  const rolledBack = await memoryFolder(t);
  const first = await open(rolledBack);
  await first.reserve({ start: 0, end: 50 });
  await first.settle(settlement(0, 50));
  await first.close();
  await assert.rejects(openWith(rolledBack, { evidence }), {
    message: /50 rows are settled in it, but 100/,
  });
  const repaired = await openWith(rolledBack, { evidence, repair: true });
  assert.equal(repaired.mayHaveSentAll, true);
  assert.deepEqual([...repaired.settled], [{ start: 0, end: 50 }]);
  await repaired.close();
  // From then on the summary that was written before the repair proves nothing.
  await (await openWith(rolledBack, { evidence })).close();
});

test('a repair keeps the damaged files, and one that finds nothing damaged changes nothing', async (t) => {
  const folder = await memoryFolder(t);
  const left = await leaveLedger(folder, 'closed');
  await (await openToRepair(folder)).close();
  assert.ok((await readFile(join(folder, JOURNAL))).subarray(0, left.journal.length).equals(left.journal));
  assert.deepEqual((await readdir(folder)).sort(), [...FILES].sort());
  const damaged = changed(left.journal, 300, () => 0);
  await writeFile(join(folder, JOURNAL), damaged);
  await (await openToRepair(folder)).close();
  const kept = (await readdir(folder)).filter((name) => /^journal_SSN\.log\.damaged-\d{8}T\d{6}$/.test(name));
  assert.equal(kept.length, 1);
  assert.ok((await readFile(join(folder, kept[0] ?? ''))).equals(damaged));
});

test('a repair takes from a damaged error log what can be read, and asks for the rest', async (t) => {
  const root = await memoryFolder(t);
  const leftIn = newFolder(join(root, 'left-'));
  const left = await leaveLedger(leftIn, 'closed');
  for (let cut = 0; cut < left.log.length; cut += 97) {
    const folder = newFolder(join(root, 'cut-'));
    for (const file of FILES) await copyFile(join(leftIn, file), join(folder, file));
    await writeFile(join(folder, ERROR_LOG), left.log.subarray(0, cut));
    await assert.rejects(open(folder), { code: 'storage', hint: /resume --repair/ });
    await assertRepaired(folder, left, `an error log of ${cut} bytes`);
  }
});

test('any byte of an error log that is not what was written is seen by whoever reads it, and a repair trusts nothing behind it', async (t) => {
  const root = await memoryFolder(t);
  const leftIn = newFolder(join(root, 'left-'));
  const left = await leaveLedger(leftIn, 'closed');
  const folder = newFolder(join(root, 'edited-'));
  for (const file of FILES) await copyFile(join(leftIn, file), join(folder, file));
  const reading = await readLedger(folder, owner.vaultName);
  const trailer = left.log.indexOf('\n ],\n');
  const edits = Array.from({ length: trailer }, (_, at) => changed(left.log, at, (byte) => byte ^ 1));
  // What a person would do: the same length, and still a document.
  const exchanged = left.log.toString().replace('"Position":3', '"Position":4');
  edits.push(Buffer.from(exchanged), Buffer.from(left.log.toString().replace('tok\\n61', 'tok\\n70')));
  for (const [index, edited] of edits.entries()) {
    const what = `edit ${index}`;
    assert.ok(!edited.equals(left.log), what);
    place(folder, { [JOURNAL]: left.journal, [HEAD]: left.head, [ERROR_LOG]: edited });
    await assert.rejects(async () => {
      for await (const entry of reading?.errors?.entries() ?? [])
        assert.fail(`${what}: ${entry.end} was read`);
    }, DamageError);
    if (index % 89 > 0 && index < trailer) continue;
    await assert.rejects(open(folder), { code: 'storage', hint: /resume --repair/ });
    assert.ok(readFileSync(join(folder, ERROR_LOG)).equals(edited), what);
    await assertRepaired(folder, left, what);
    const kept = (await readdir(folder)).filter((name) => name.includes('.damaged-'));
    assert.ok(
      kept.some((name) => readFileSync(join(folder, name)).equals(edited)),
      `${what}: the edited log was not kept`,
    );
    for (const name of kept) rmSync(join(folder, name));
  }
});
