import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import type { Settlement } from '../../src/journal/ledger-contract.js';
import { RangeSet } from '../../src/record/range-set.js';
import {
  durableLines,
  ERROR_LOG,
  failure,
  HEAD,
  JOURNAL,
  loggedPositions,
  memoryFolder,
  open,
  place,
  readLedger,
  settlement,
  writeHead,
} from './fixtures.js';
import { newFolder } from '../support/temporary-folder.js';

/** Both files as a crash leaves them. */
interface Remains {
  readonly journal: Buffer;
  /** Undefined: there is none. */
  readonly log: Buffer | undefined;
  /** Absent: it vouches for the lines that were made durable. */
  readonly head?: Buffer;
}

/** What a journal's intact lines say, by a reader of its own. */
function readLines(journal: Buffer): { reserved: RangeSet; settles: string[]; logBytes: number } {
  const reserved = new RangeSet();
  const settles: string[] = [];
  let logBytes = 0;
  for (const line of journal
    .subarray(0, journal.lastIndexOf('\n') + 1)
    .toString()
    .split('\n')) {
    const [word, range = '', ...fields] = line.split(' ');
    const [start = 0, end = 0] = range.split('-').map(Number);
    if (word === 'reserve') reserved.add({ start, end });
    if (word === 'release') reserved.remove({ start, end });
    if (word !== 'settle') continue;
    settles.push(range);
    logBytes = Number(
      /^log=(\d+)/.exec(fields.find((field) => field.startsWith('log=')) ?? '')?.[1] ?? logBytes,
    );
  }
  return { reserved, settles, logBytes };
}

/** Reopens what is left, and checks it against the settlements whose lines are left; then goes on to the end. */
async function checkRecovery(
  folder: string,
  { journal, log, head }: Remains,
  issued: ReadonlyMap<string, Settlement>,
  acknowledged: readonly string[] = [],
): Promise<void> {
  place(folder, { [JOURNAL]: journal, [ERROR_LOG]: log, [HEAD]: head });
  if (head === undefined) await writeHead(folder, journal, durableLines(journal));
  const { reserved, settles } = readLines(journal);
  for (const range of acknowledged)
    assert.ok(settles.includes(range), `${range} was acknowledged and is lost`);
  const kept = settles.map((range) => issued.get(range) ?? assert.fail(`${range} was never issued`));
  const failures = kept.flatMap((each) => each.failures.map(({ position }) => position));
  const read = kept.reduce((sum, { range }) => sum + range.end - range.start, 0);
  const uploaded = kept.reduce((sum, each) => sum + each.uploaded, 0);

  const before = await readLedger(folder, 'SSN');
  assert.equal(before?.totals.read ?? 0, read);
  const ledger = await open(folder);
  assert.equal(ledger.totals.read, read);
  assert.equal(ledger.totals.uploaded, uploaded);
  assert.equal(ledger.totals.failed, failures.length);
  assert.deepEqual(ascending(loggedPositions(ledger.errorLogFile)), ascending(failures));
  if (ledger.errorLogFile !== undefined) {
    assert.match(readFileSync(ledger.errorLogFile, 'utf8'), /"failed_records": \d+\n\}\n$/);
  }
  const settled = new RangeSet(kept.map(({ range }) => range));
  assert.deepEqual([...ledger.settled], [...settled]);
  assert.deepEqual([...ledger.inDoubt], [...reserved.subtract(settled)]);

  const { end } = [...reserved].at(-1) ?? { end: 0 };
  await ledger.reserve({ start: 0, end: end + 10 });
  const rest = ledger.settled.gaps({ start: 0, end: end + 10 });
  await Promise.all(rest.map((range) => ledger.settle(settlement(range.start, range.end, [range.start]))));
  assert.deepEqual([...ledger.settled], [{ start: 0, end: end + 10 }]);
  assert.equal(ledger.totals.failed, failures.length + rest.length);
  assert.deepEqual(
    ascending(loggedPositions(ledger.errorLogFile)),
    ascending([...failures, ...rest.map(({ start }) => start)]),
  );
  const { totals } = ledger;
  await ledger.close();
  assert.deepEqual((await readLedger(folder, 'SSN'))?.totals, totals);
}

/** Failures of one settlement stand in the order of their entries, not of their positions. */
function ascending(positions: readonly number[]): number[] {
  return [...positions].sort((a, b) => a - b);
}

/** A ledger with every kind of line, and all that was settled in it. */
async function writeLedger(folder: string): Promise<Remains & { issued: Map<string, Settlement> }> {
  const ledger = await open(folder);
  const issued = new Map<string, Settlement>();
  const settle = (each: Settlement): Promise<void> => {
    issued.set(`${each.range.start}-${each.range.end}`, each);
    return ledger.settle(each);
  };
  await ledger.recordInputs({ rows: 500, inputs: [{ role: 'data file', name: '/data/é.csv' }] });
  await ledger.reserve({ start: 0, end: 100 });
  await settle({ ...settlement(0, 10, [1]), uploaded: 8, skipped: { empty_token: 1 } });
  await settle(settlement(20, 30));
  await ledger.release({ start: 90, end: 100 });
  // These three are one commit, with a line without failures in between.
  await Promise.all([
    settle(settlement(30, 40, [31])),
    settle(settlement(40, 42, [40, 41])),
    settle(settlement(42, 50)),
    settle(settlement(50, 60, [55])),
  ]);
  await ledger.close();
  return {
    journal: await readFile(join(folder, JOURNAL)),
    log: await readFile(join(folder, ERROR_LOG)),
    issued,
  };
}

test('a journal cut at any byte, with any state of the error log that belongs to it, is recovered', async (t) => {
  const folder = await memoryFolder(t);
  const { journal, log = assert.fail(), issued } = await writeLedger(folder);
  const lines = journal.toString('latin1').split('\n').slice(0, -1);
  const headerLength = (lines[0]?.length ?? 0) + 1;
  const trailer = log.subarray(log.lastIndexOf('\n ],'));
  // From the first settle line on, every byte.
  const from = journal.indexOf('settle');
  const lastCommit = journal.indexOf('settle 40-42');
  for (let cut = from; cut <= journal.length; cut += 1) {
    const kept = journal.subarray(0, cut);
    const { logBytes } = readLines(kept);
    const settledLog = log.subarray(0, logBytes);
    const middle = logBytes + Math.floor((log.length - logBytes) / 2);
    const states = [
      log,
      log.subarray(0, logBytes),
      log.subarray(0, middle),
      Buffer.concat([settledLog, Buffer.alloc(log.length)]),
      Buffer.concat([log.subarray(0, middle), trailer]),
    ];
    // Behind the last whole commit every combination, before it one of them for each byte.
    const chosen = cut >= lastCommit ? states : [states[cut % states.length]];
    for (const state of chosen) await checkRecovery(folder, { journal: kept, log: state }, issued);
  }
  // Before the error log was there at all.
  const firstFailure = journal.indexOf('settle');
  for (let cut = 0; cut <= firstFailure; cut += cut < headerLength ? 7 : 3) {
    await checkRecovery(folder, { journal: journal.subarray(0, cut), log: undefined }, issued);
  }
});

test('an error log torn at any byte behind what is settled is recovered, wherever the journal ends', async (t) => {
  const folder = await memoryFolder(t);
  const { journal, log = assert.fail(), issued } = await writeLedger(folder);
  const ends = [...journal.keys()].filter((index) => journal[index] === 0x0a).map((index) => index + 1);
  const settleEnds = ends.filter((end) => end > journal.indexOf('settle'));
  let tried = 0;
  for (const end of settleEnds) {
    const { logBytes } = readLines(journal.subarray(0, end));
    // A torn line behind the last one, too.
    const kept = journal.subarray(0, Math.min(end + 9, journal.length));
    for (let cut = logBytes; cut <= log.length; cut += end === journal.length ? 1 : 31) {
      const torn = Buffer.from(log.subarray(0, cut));
      if (cut % 2 === 1) torn.fill(0, Math.max(logBytes, cut - 5));
      await checkRecovery(folder, { journal: kept, log: torn }, issued);
      tried += 1;
    }
  }
  assert.ok(tried > 100);
});

test('a crash while the ledger is being recovered is recovered as well', async (t) => {
  const folder = await memoryFolder(t);
  const { journal, log = assert.fail(), issued } = await writeLedger(folder);
  const kept = journal.subarray(0, journal.lastIndexOf('settle') + 5);
  const { logBytes } = readLines(kept);
  // The trailer stands in the cut log, behind it blanks, or the rest of what was there.
  const once = await memoryFolder(t);
  place(once, { [JOURNAL]: kept, [ERROR_LOG]: log });
  await writeHead(once, kept, durableLines(kept));
  await (await open(once)).close();
  const recovered = await readFile(join(once, ERROR_LOG));
  const trailer = recovered.subarray(logBytes);
  for (const behind of [Buffer.alloc(0), Buffer.alloc(50, ' '), log.subarray(logBytes + trailer.length)]) {
    for (const journalState of [kept, kept.subarray(0, kept.lastIndexOf('\n') + 1)]) {
      await checkRecovery(folder, { journal: journalState, log: Buffer.concat([recovered, behind]) }, issued);
    }
  }
});

test('random work, killed at random moments: what was acknowledged is there, and nothing else is logged', async (t) => {
  const root = await memoryFolder(t);
  let crashes = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ rows: fc.integer({ min: 1, max: 12 }), failed: fc.nat(4), turns: fc.nat(3) }), {
        minLength: 1,
        maxLength: 25,
      }),
      fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }),
      async (batches, moments) => {
        const folder = newFolder(join(root, 'run-'));
        const ledger = await open(folder);
        await ledger.reserve({ start: 0, end: 400 });
        const issued = new Map<string, Settlement>();
        const acknowledged: string[] = [];
        const found: (Remains & { acknowledged: string[] })[] = [];
        const settling: Promise<void>[] = [];
        const work = { isDone: false };
        const watching = (async () => {
          for (let turn = 0; !work.isDone; turn += 1) {
            await setImmediate();
            // The ledger writes synchronously: between two turns the files are as a SIGKILL would leave them.
            if (moments.includes(turn)) found.push({ ...look(folder), acknowledged: [...acknowledged] });
          }
          found.push({ ...look(folder), acknowledged: [...acknowledged] });
        })();
        let at = 0;
        for (const { rows, failed, turns } of batches) {
          const range = { start: at, end: at + rows };
          at = range.end;
          const failures = Array.from({ length: Math.min(failed, rows) }, (_, index) =>
            failure(range.start + index, index % 2 === 0 ? {} : { requestId: `r${index}` }),
          );
          const each: Settlement = {
            ...settlement(range.start, range.end),
            uploaded: rows - failures.length,
            failures,
          };
          issued.set(`${range.start}-${range.end}`, each);
          settling.push(
            ledger.settle(each).then(() => {
              acknowledged.push(`${range.start}-${range.end}`);
            }),
          );
          for (let turn = 0; turn < turns; turn += 1) await setImmediate();
        }
        await Promise.all(settling);
        work.isDone = true;
        await watching;
        await ledger.close();
        for (const remains of found) {
          crashes += 1;
          await checkRecovery(root, remains, issued, remains.acknowledged);
        }
        await rm(folder, { recursive: true });
      },
    ),
    { numRuns: 40 },
  );
  assert.ok(crashes >= 40);
});

function look(folder: string): Remains {
  const [journal, head] = [readFileSync(join(folder, JOURNAL)), readFileSync(join(folder, HEAD))];
  try {
    return { journal, head, log: readFileSync(join(folder, ERROR_LOG)) };
  } catch {
    return { journal, head, log: undefined };
  }
}
