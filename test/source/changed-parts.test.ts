import assert from 'node:assert/strict';
import { appendFile, readdir, readlink, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PIECE_BYTES } from '../../src/source/fingerprints/piece-table.js';
import { assertSameInputs } from '../../src/source/same-inputs.js';
import { everything, never, readBatches } from './csv-fixture.js';
import { type Parts, writeParts, refuses } from './write-parts.js';

/** Parts with three pieces of a plain file between two small ones. */
async function writeLargeParts(t: TestContext): Promise<{ parts: Parts; rows: number }> {
  const row = (at: number): string => `v${String(at).padStart(14, '0')},t${String(at).padStart(14, '0')}\n`;
  const large = Math.ceil((2.5 * PIECE_BYTES) / row(0).length);
  const sizes = [1_000, large, 0, 1_000];
  let at = 0;
  const texts = sizes.map((size) => `id,id_token\n${Array.from({ length: size }, () => row(at++)).join('')}`);
  const [p1 = '', p2 = '', p3 = '', p4 = ''] = texts;
  return { parts: await writeParts(t, { p_1: gzipSync(p1), p_2: p2, p_3: p3, p_4: gzipSync(p4) }), rows: at };
}

test('reading begins at any row with the rows that are there, and without the parts before it', async (t) => {
  const { parts, rows } = await writeLargeParts(t);
  const source = parts.open();
  assert.equal((await source.inspect(never)).rows, rows);
  const last = rows - 1_000;
  for (const start of [0, 1, 999, 1_000, 1_001, 40_000, 70_000, last - 1, last, last + 1, rows - 1]) {
    const [batch] = await readBatches(source, { within: { start, end: start + 3 } });
    assert.equal(batch?.start, start);
    assert.equal(batch.values[0], `v${String(start).padStart(14, '0')}`);
  }
  const cursor = await source.open(never);
  const first = await cursor.read({ start: 0, end: 10 }, 10);
  assert.equal(first?.end, 10);
  // What is not read again need not be there.
  await rm(path.join(parts.folder, 'p_2'));
  const beyond = await cursor.read({ start: last + 5, end: Infinity }, 10);
  assert.equal(beyond?.values[0], `v${String(last + 5).padStart(14, '0')}`);
  await cursor.close();
});

test('a part that was sent and is written to later ends the load, one that is touched does not', async (t) => {
  for (const isChanged of [true, false]) {
    const { parts } = await writeLargeParts(t);
    const source = parts.open();
    await source.inspect(never);
    const cursor = await source.open(never);
    await cursor.read({ start: 2_000, end: 2_001 }, 1);
    const file = path.join(parts.folder, 'p_1');
    await utimes(file, new Date(0), new Date(0));
    if (isChanged) await writeFile(file, gzipSync('id,id_token\nanother,one\n'));
    const rest = (async () => {
      while ((await cursor.read(everything, 10_000)) !== undefined);
    })();
    if (isChanged)
      await assert.rejects(rest, refuses(/p_1 changed while it was being loaded/, 'input_changed'));
    else await rest;
    await cursor.close();
  }
});

test('a part that was added, removed, renamed, exchanged or changed since a run began is named', async (t) => {
  const contents = { p_1: 'id,id_token\na,1\n', p_2: 'id,id_token\nb,2\n', p_3: 'id,id_token\nc,3\n' };
  const changes: readonly [string, RegExp, (folder: string) => Promise<void>][] = [
    [
      'added',
      /data file .*p_4 is not what .*: this part was added to 3$/,
      (d) => writeFile(`${d}/p_4`, 'id,id_token\n'),
    ],
    ['removed', /data file .*p_2 is not what .*: this part of 3 is gone$/, (d) => rm(`${d}/p_2`)],
    [
      'renamed',
      /data file .*p_3 is not what .*: this part is gone, and p_03 was not there$/,
      (d) => rename(`${d}/p_3`, `${d}/p_03`),
    ],
    [
      'changed',
      /data file .*p_2 is not what .*: it had 1 rows and has 2 now$/,
      (d) => appendFile(`${d}/p_2`, 'd,4\n'),
    ],
  ];
  for (const [what, says, change] of changes) {
    const parts = await writeParts(t, contents);
    const recorded = await parts.open().inspect(never);
    assertSameInputs(recorded, await parts.open().inspect(never));
    await change(parts.folder);
    const found = await parts.open().inspect(never);
    assert.throws(() => assertSameInputs(recorded, found), refuses(says, 'input_changed'), what);
  }
  const parts = await writeParts(t, contents);
  const [one, other] = [
    await parts.open({ dataFile: ['p_1', 'p_2', 'p_3'] }).inspect(never),
    await parts.open({ dataFile: ['p_1', 'p_3', 'p_2'] }).inspect(never),
  ];
  assert.throws(
    () => assertSameInputs(one, other),
    refuses(/p_3 is not what .*: the parts are in another order/, 'input_changed'),
  );
});

test('of three hundred parts one is open at a time', async (t) => {
  const contents = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [`p_${at}`, gzipSync(`id,id_token\nv${at},t${at}\n`)]),
  );
  const parts = await writeParts(t, contents);
  const openParts = async (): Promise<number> => {
    const links = await readdir('/proc/self/fd').catch(() => []);
    const files = await Promise.all(links.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    return files.filter((file) => file.startsWith(parts.folder)).length;
  };
  const source = parts.open();
  assert.equal((await source.inspect(never)).rows, 300);
  const cursor = await source.open(never);
  let most = 0;
  for (let at = 0; at < 300; at += 1) {
    const batch = await cursor.read(everything, 1);
    assert.deepEqual([batch?.values, batch?.tokens], [[`v${at}`], [`t${at}`]]);
    most = Math.max(most, await openParts());
  }
  await cursor.close();
  assert.ok(most <= 1, `${most} files were open`);
  assert.equal(await openParts(), 0);
});
