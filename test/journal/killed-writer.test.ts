import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loggedPositions, open, readLedger, temporaryFolder } from './fixtures.js';

const WRITER = fileURLToPath(new URL('./processes/ledger-writer.js', import.meta.url));

interface Said {
  readonly settled?: number;
  readonly refusals?: readonly { code: string; message: string; hint?: string }[];
}

test('a process killed with SIGKILL in the middle of its work loses nothing that it was told is settled', async (t) => {
  const folder = await temporaryFolder(t);
  const settled = new Set<number>();
  for (let life = 0; life < 6; life += 1) {
    const first = Math.max(-10, ...settled) + 1_000;
    const writer = spawn(process.execPath, [WRITER, folder, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(writer, 'exit');
    let heard = 0;
    for await (const line of createInterface(writer.stdout)) {
      const { settled: start } = JSON.parse(line) as Said;
      if (start === undefined) continue;
      settled.add(start);
      heard += 1;
      if (heard === 20 + life * 37) writer.kill('SIGKILL');
    }
    assert.equal((await ended)[1], 'SIGKILL');

    // Its lock is no obstacle, and what it left is recovered.
    const ledger = await open(folder);
    for (const start of settled) {
      assert.ok(ledger.settled.containsRange({ start, end: start + 10 }), `rows from ${start} are lost`);
    }
    const logged = loggedPositions(ledger.errorLogFile);
    assert.equal(logged.length, ledger.totals.failed);
    assert.ok(logged.every((position) => ledger.settled.has(position)));
    for (const { start, end } of ledger.settled) {
      for (let at = start; at < end; at += 10) {
        if ((at / 10) % 3 === 0) assert.ok(logged.includes(at + 2) && logged.includes(at + 5));
      }
    }
    const { read, uploaded, failed } = ledger.totals;
    assert.equal(read, uploaded + failed);
    assert.equal(read, ledger.settled.size);
    await ledger.close();
  }
});

test('a full disk stops the ledger with the reason, for good, and what is on disk is recovered', async (t) => {
  for (const blocks of [4, 5, 7, 12]) {
    const folder = await temporaryFolder(t);
    // A limit on the size of files makes writes end short, as a full disk does, for any user.
    const shell = spawn(
      'sh',
      ['-c', `trap "" XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, WRITER, folder],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(shell, 'exit');
    const settled: number[] = [];
    let refusals: Said['refusals'];
    for await (const line of createInterface(shell.stdout)) {
      const said = JSON.parse(line) as Said;
      if (said.settled !== undefined) settled.push(said.settled);
      refusals ??= said.refusals;
    }
    assert.deepEqual(await ended, [0, null]);
    // The same error for all, and for what came after it.
    const [refusal, ...others] = refusals ?? [];
    assert.ok(refusal);
    assert.deepEqual(others, []);
    assert.equal(refusal.code, 'storage');
    assert.match(refusal.message, /^cannot write .*(journal|error_log)_SSN.*\(EFBIG\)$/);
    assert.match(refusal.hint ?? '', /MB free\. Make room/);
    assert.ok(settled.length > 0);

    const reading = await readLedger(folder, 'SSN');
    // Also before it is recovered, the error log is a document.
    const unrecovered = loggedPositions(reading?.errors?.place);
    const ledger = await open(folder);
    assert.deepEqual(ledger.totals, reading?.totals);
    for (const start of settled) assert.ok(ledger.settled.containsRange({ start, end: start + 10 }));
    assert.equal(ledger.totals.read, settled.length * 10);
    const logged = loggedPositions(ledger.errorLogFile);
    assert.equal(logged.length, ledger.totals.failed);
    assert.deepEqual(unrecovered.slice(0, logged.length), logged);
    await ledger.reserve({ start: 1_000_000, end: 1_000_010 });
    await ledger.close();
  }
});
