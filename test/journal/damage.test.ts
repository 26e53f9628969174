import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DamageError } from '../../src/journal/storage-error.js';
import {
  ERROR_LOG,
  HEAD,
  JOURNAL,
  linesOf,
  memoryFolder,
  open,
  openWith,
  owner,
  place,
  readLedger,
  settlement,
} from './fixtures.js';
import { newFolder } from '../support/temporary-folder.js';
import { leaveLedger, judge, assertRepaired, changed, openToRepair, FILES } from './damaged-ledger.js';

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
