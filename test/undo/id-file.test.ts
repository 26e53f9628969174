import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { IdFile, idFiles, idSeal, readIdBlocks, type RecordIds, countIds } from '../../src/undo/id-file.js';
import { openStateFolder } from '../../src/trust/state-folder.js';
import { judgeEntries, type EntryReading } from '../../src/vault/judge-answer.js';
import { Workspace } from '../support/workspace.js';

const seal = randomBytes(32);

async function read(file: string, from = 0, by: Buffer = seal): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for await (const { ids } of readIdBlocks(file, by, from)) found.push(...ids);
  return found;
}

test('ids come back as the vault gave them, 16 bytes a row; a torn end counts for nothing, and a changed byte is refused', async () => {
  await using workspace = await Workspace.create();
  const first: RecordIds = new Map(Array.from({ length: 300 }, (_, at) => [1_000 + at, randomUUID()]));
  // Rows between them failed, and an id that is no UUID is kept as it is.
  const second: RecordIds = new Map([
    [2_000, randomUUID()],
    [2_005, randomUUID()],
  ]);
  const third: RecordIds = new Map([[5_000_000_000, 'not-a-uuid']]);
  const ids = IdFile.for(workspace.path, 'NAME', seal);
  for (const block of [first, second, third]) await ids.append(block);
  await ids.close();
  const [file = '', ...others] = await idFiles(workspace.path, 'NAME');
  assert.deepEqual(others, []);
  assert.deepEqual(await idFiles(workspace.path, 'NAM'), []);
  assert.deepEqual(await read(file), [...first, ...second, ...third]);
  const counted = await countIds(workspace.path, 'NAME', seal);
  assert.deepEqual([counted.ids, counted.rows.size], [303, 303]);

  const whole = await readFile(file);
  const firstEnd = 56 + 300 * 16;
  const secondEnd = firstEnd + 56 + 6 * 16;
  assert.deepEqual(await read(file, firstEnd), [...second, ...third], 'from where a block ended');
  for (let length = firstEnd; length < secondEnd; length += 1) {
    await writeFile(file, whole.subarray(0, length));
    assert.deepEqual(await read(file), [...first], `cut at ${length}`);
  }
  for (let at = firstEnd; at < secondEnd; at += 1) {
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at);
    await writeFile(file, changed);
    // A length that was changed may reach beyond the end, as a torn block does; never is another id read.
    const found = await read(file).catch((error: unknown) => {
      assert.match(String(error), /is not what this program wrote/, `byte ${at}`);
      return undefined;
    });
    assert.ok(found === undefined || found.length === 300, `byte ${at}`);
  }
});

test('ids of another run, vault, table or user are not those of this one: nothing is read of them', async () => {
  await using workspace = await Workspace.create();
  const state = openStateFolder({ XDG_STATE_HOME: workspace.at('state') });
  const of = { run: '20260101T000000Z-00000000', vaultId: 'v1', table: 'name' };
  const own = await idSeal(state, of);
  const ids = IdFile.for(workspace.path, 'NAME', own);
  await ids.append(new Map([[0, 'the-record']]));
  await ids.close();
  const [file = ''] = await idFiles(workspace.path, 'NAME');
  assert.deepEqual(await read(file, 0, await idSeal(state, of)), [[0, 'the-record']]);
  const others = [
    await idSeal(state, { ...of, run: '20260101T000000Z-11111111' }),
    await idSeal(state, { ...of, vaultId: 'v2' }),
    await idSeal(state, { ...of, table: 'ssn' }),
    await idSeal(openStateFolder({ XDG_STATE_HOME: workspace.at('others') }), of),
  ];
  for (const other of others) {
    await assert.rejects(read(file, 0, other), {
      code: 'storage',
      message: /not what this program wrote for this run/,
    });
  }
});

test('an id belongs to the record whose token it came with, wherever it stands; one under a foreign token to its place', () => {
  const inserted = (id: string, token: string | undefined): EntryReading => ({
    kind: 'inserted',
    id,
    token,
    status: 200,
  });
  const judge = (entries: readonly EntryReading[], tokens: readonly string[], wantsIds = true) =>
    judgeEntries(entries, {
      records: { values: tokens, tokens },
      plainTokens: true,
      status: 200,
      wantsIds,
    }).ids;
  const shuffled = [inserted('3', 'c'), inserted('1', 'a'), inserted('2', 'b')];
  assert.deepEqual(
    [...(judge(shuffled, ['a', 'b', 'c']) ?? [])],
    [
      [0, '1'],
      [1, '2'],
      [2, '3'],
    ],
  );
  const mixed: EntryReading[] = [
    inserted('1', 'a'),
    { kind: 'refused', message: 'bad', status: 400 },
    inserted('3', 'foreign'),
    { kind: 'unclear', token: undefined },
  ];
  assert.deepEqual(
    [...(judge(mixed, ['a', 'b', 'c', 'd']) ?? [])],
    [
      [0, '1'],
      [2, '3'],
    ],
  );
  assert.deepEqual(
    [...(judge([inserted('1', 'a'), inserted('2', 'a')], ['a', 'a']) ?? [])],
    [
      [0, '1'],
      [1, '2'],
    ],
  );
  assert.equal(judge(shuffled, ['a', 'b', 'c'], false), undefined);
});
