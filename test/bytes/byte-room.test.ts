import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import wabt from 'wabt';
import { byteRoom } from '../../src/bytes/byte-room.js';
import { compiledBytes } from '../../src/bytes/compiled-bytes.js';

const root = join(import.meta.dirname, '../../..');

test('what runs is what stands in bytes.wat', async () => {
  const tools = await wabt();
  const source = await readFile(join(root, 'src/bytes/bytes.wat'), 'utf8');
  const { buffer } = tools.parseWat('bytes.wat', source).toBinary({});
  assert.equal(compiledBytes, Buffer.from(buffer).toString('base64'), 'run `npm run docs`');
});

test('what is laid out stands there with room behind it, however much there was before; too much is refused', () => {
  assert.ok(byteRoom !== undefined);
  for (const length of [10, 70_000, 1, 1_000_000]) {
    const bytes = Buffer.alloc(length, length % 251);
    assert.equal(byteRoom.begin(2 * length, 2), true);
    const at = byteRoom.lay(bytes);
    const behind = byteRoom.lay(bytes);
    assert.ok(behind >= at + length + 16);
    assert.deepEqual(byteRoom.take(at, at + length), bytes);
    assert.deepEqual(byteRoom.take(behind, behind + length), bytes);
  }
  assert.equal(byteRoom.begin(2 ** 30, 1), false);
});

test('a machine without such instructions has no such memory: lines, bodies and answers go as strings there', () => {
  const script = `
    const { byteRoom } = await import('./dist/src/bytes/byte-room.js');
    const { LinePacker } = await import('./dist/src/source/csv/pack-lines.js');
    const { PackedBatch } = await import('./dist/src/record/packed-batch.js');
    const { createBulkWire } = await import('./dist/src/vault/v1/bulk-wire.js');
    const { createRecordEncoder } = await import('./dist/src/vault/encode-records.js');
    const wire = createBulkWire({ basePath: '', vaultId: 'v', table: 't', column: 'c', byot: 'ENABLE', upsert: false });
    const cells = { bytes: Buffer.from('ab'), places: Int32Array.of(0, 2) };
    const batch = new PackedBatch({ start: 0, end: 1 }, { values: cells, tokens: cells });
    const answer = Buffer.from('{"records":[{"skyflow_id":"i","tokens":{"c":"ab"}}]}');
    console.log(JSON.stringify([
      byteRoom === undefined,
      new LinePacker(undefined).pack(cells.bytes) === undefined,
      JSON.parse(createRecordEncoder(wire)(batch).body).records,
      wire.takesAll(answer, cells),
    ]));`;
  const flags = ['--no-enable-sse4-1', '--input-type=module', '--eval', script];
  const printed = execFileSync(process.execPath, flags, { cwd: root, encoding: 'utf8' });
  const [isMissing, saysNothing, records, isTaken] = JSON.parse(printed) as unknown[];
  assert.deepEqual(records, [{ fields: { c: 'ab' }, tokens: { c: 'ab' } }]);
  // Other processors have no such switch.
  if (process.arch === 'x64') assert.deepEqual([isMissing, saysNothing, isTaken], [true, true, false]);
});

test('where there are addresses for one such memory only, the HTTP client has it', () => {
  const script = `
    const { byteRoom } = await import('./dist/src/bytes/byte-room.js');
    new WebAssembly.Memory({ initial: 1 });
    console.log(byteRoom === undefined);`;
  const limited = ['-c', 'ulimit -v 14000000; exec "$@"', 'sh', process.execPath];
  const flags = ['--input-type=module', '--eval', script];
  assert.match(
    execFileSync('sh', [...limited, ...flags], { cwd: root, encoding: 'utf8' }),
    /^(true|false)\n$/,
  );
});
