import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { missingPositions, VerificationProgress } from '../../src/verification/progress-file.js';
import { Workspace } from '../support/workspace.js';

const owner = { run: '20260102T030405Z-1a2b3c4d', vault: 'NAME', anew: false };

test('an unfinished verification is gone on with wherever its file was cut, and a finished one is not', async () => {
  await using workspace = await Workspace.create();
  const path = workspace.at('verification_NAME.log');
  const first = await VerificationProgress.open(path, owner);
  assert.equal(first.continuedFrom, undefined);
  first.record({ start: 0, end: 10, skipped: 1, missing: [3], different: [] });
  first.record({ start: 20, end: 30, skipped: 0, missing: [], different: [25, 26] });
  await first.close();
  const whole = await readFile(path);
  const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;

  for (let length = lastLine; length <= whole.length; length += 1) {
    await writeFile(path, whole.subarray(0, length));
    const next = await VerificationProgress.open(path, owner);
    const { state } = next;
    const isWhole = length === whole.length;
    assert.ok(next.continuedFrom !== undefined);
    assert.deepEqual([...state.compared].length, isWhole ? 2 : 1);
    assert.deepEqual(
      [state.matching, state.skipped, state.missing.size, state.different.size],
      isWhole ? [16, 1, 1, 2] : [8, 1, 1, 0],
    );
    // What is written next stands on a line of its own, whatever was torn.
    next.record({ start: 40, end: 41, skipped: 0, missing: [], different: [] });
    await next.close();
    const again = await VerificationProgress.open(path, owner);
    assert.ok(again.state.compared.has(40));
    await again.close();
  }

  const last = await VerificationProgress.open(path, owner);
  last.end();
  await last.close();
  const anew = await VerificationProgress.open(path, owner);
  assert.deepEqual([anew.continuedFrom, anew.state.compared.size], [undefined, 0]);
  anew.record({ start: 0, end: 5, skipped: 0, missing: [], different: [] });
  await anew.close();
  const forced = await VerificationProgress.open(path, { ...owner, anew: true });
  assert.equal(forced.state.compared.size, 0);
  await forced.close();
  await assert.rejects(VerificationProgress.open(path, { ...owner, vault: 'SSN' }), /another run or vault/);
});

test('every position stands in the file, as ranges, and the memory does not grow with their number', async () => {
  await using workspace = await Workspace.create();
  const path = workspace.at('verification_NAME.log');
  const progress = await VerificationProgress.open(path, owner);
  const every = (from: number, to: number, step: number) =>
    Array.from({ length: Math.ceil((to - from) / step) }, (_, at) => from + at * step);
  progress.record({ start: 0, end: 5_000, skipped: 0, missing: every(0, 5_000, 1), different: [] });
  for (let start = 5_000; start < 25_000; start += 1_000) {
    const missing = every(start, start + 1_000, 2);
    progress.record({ start, end: start + 1_000, skipped: 0, missing, different: [] });
  }
  const { missing } = progress.state;
  assert.equal(missing.size, 15_000);
  assert.equal(missing.listed.rangeCount, 1_000, 'more are not held');
  assert.equal(missing.isListedWhole, false);
  progress.end();
  await progress.close();
  const lines = (await readFile(path, 'utf8')).split('\n');
  assert.match(lines[1] ?? '', /"missing":\[\[0,4999\]\]/);
  const found: number[] = [];
  for await (const positions of missingPositions(path, owner)) found.push(...positions);
  assert.deepEqual(found, [...every(0, 5_000, 1), ...every(5_000, 25_000, 2)]);

  const first = { format_version: 1, run: owner.run, vault: 'NAME', began_at: '2027-01-01T00:00:00.000Z' };
  const former = [first, { rows: [0, 9], missing: [3, 7] }].map((line) => `${JSON.stringify(line)}\n`);
  await writeFile(path, former.join(''), { mode: 0o600 });
  const older = await VerificationProgress.open(path, owner);
  assert.deepEqual([older.state.missing.size, older.state.compared.size], [2, 9], 'version 1 is read');
  await older.close();
});
