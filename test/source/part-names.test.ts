import assert from 'node:assert/strict';
import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import { findFiles } from '../../src/source/files/name-files.js';
import { inNaturalOrder } from '../../src/source/files/natural-order.js';
import { never, readRecords } from './csv-fixture.js';
import { writeParts, refuses, type Contents } from './write-parts.js';

test('names stand in the order in which people count them', () => {
  const ordered = [
    'a',
    'part_1',
    'part_01',
    'part_2',
    'part_10',
    'part_10_2',
    'part_10_10',
    'part_9007199254740993',
    'q',
  ];
  const sorted = [...ordered].reverse().sort(inNaturalOrder);
  // Equal numbers by their characters.
  assert.deepEqual(sorted, ['a', 'part_01', 'part_1', ...ordered.slice(3)]);
});

test('a pattern finds files in folders too, a list keeps its order, and a name that is there is no pattern', async (t) => {
  const names = ['p_10.csv', 'p_2.csv', 'p_1.csv', '.p_3.csv', 'q[1].csv', 'qx1.csv'];
  const { folder } = await writeParts(t, Object.fromEntries(names.map((name) => [name, ''])));
  const found = (...named: string[]): string[] =>
    findFiles(named.map((name) => path.join(folder, name))).map((file) => path.basename(file));
  assert.deepEqual(found('p_*.csv'), ['p_1.csv', 'p_2.csv', 'p_10.csv']);
  assert.deepEqual(found('p_[12].csv', 'p_??.csv'), ['p_1.csv', 'p_2.csv', 'p_10.csv']);
  assert.deepEqual(found('q[1].csv'), ['q[1].csv']);
  assert.deepEqual(found('p_2.csv', 'p_1.csv', 'absent.csv'), ['p_2.csv', 'p_1.csv', 'absent.csv']);
  assert.deepEqual(found(`../${path.basename(folder)}/.p_?.csv`), ['.p_3.csv']);
  assert.deepEqual(found(`../${path.basename(folder).slice(0, -2)}*/p_1.csv`), ['p_1.csv']);
  // Braces are characters of a name.
  assert.deepEqual(found('p_{1,2}.csv'), ['p_{1,2}.csv']);
  await mkdir(path.join(folder, 'a', 'b'), { recursive: true });
  for (const deep of ['a/r_1.csv', 'a/b/r_2.csv']) await writeFile(path.join(folder, deep), '');
  assert.deepEqual(found('a/r_*.csv', 'a/*/r_*.csv'), ['r_1.csv', 'r_2.csv']);
  assert.throws(() => found('{a,b}/r_*.csv'), refuses(/\{a,b\} is only replaced by a shell/));
  // One folder would be read, and deeper ones left out without a word.
  for (const deep of ['**/*.csv', 'a/**/r_*.csv', '**'])
    assert.throws(() => found(deep), refuses(/\*\* does not stand for folders of any depth/));
  assert.throws(() => found('absent_*.csv'), refuses(/no file is named .*absent_\*\.csv$/));
  assert.throws(() => found('p_*.csv', 'p_1.csv'), refuses(/p_1\.csv is named twice/));
  assert.throws(() => found('p_[9-1].csv'), refuses(/cannot be read as a pattern/));
  assert.throws(
    () => findFiles('/data/s3:/bucket/p_*.csv'),
    refuses(/^s3:\/\/bucket\/p_\*\.csv is an address/),
  );
  // Neither a password nor a signature is shown.
  assert.throws(
    () => findFiles('/data/https:/me:secret@host/id.csv?sig=secret'),
    refuses(/^https:\/\/host\/id\.csv is an address/),
  );
  assert.throws(
    () => findFiles('/data/r2:/bucket/p_?.csv'),
    refuses(/^r2:\/\/bucket\/p_\?\.csv is an address/),
  );
});

test('no part is read twice: not by a link, nor packed and unpacked', async (t) => {
  const { folder } = await writeParts(t, { 'p_1.csv': 'id\nv1\n', 'p_2.csv': 'id\nv2\n', 'q.csv': '' });
  const inside = (name: string): string => path.join(folder, name);
  await symlink('p_2.csv', inside('p_9.csv'));
  assert.throws(
    () => findFiles(inside('p_*.csv')),
    refuses(/p_9\.csv is the same file as .*p_2\.csv \(a link\)$/),
  );
  await rm(inside('p_9.csv'));
  await link(inside('p_1.csv'), inside('r.csv'));
  assert.throws(
    () => findFiles([inside('r.csv'), inside('p_*.csv')]),
    refuses(/p_1\.csv is the same file as .*r/),
  );
  assert.deepEqual(findFiles([inside('r.csv'), inside('q.csv')]).length, 2);
  await writeFile(inside('p_2.csv.gz'), gzipSync('id\nv2\n'));
  assert.throws(
    () => findFiles(inside('p_*')),
    refuses(
      /p_2\.csv and .*p_2\.csv\.gz look like one part, compressed and uncompressed$/,
      'source',
      /list them/,
    ),
  );
  assert.equal(findFiles([inside('p_2.csv'), inside('p_2.csv.gz')]).length, 2, 'a list means it');
});

test('parts whose names do not belong together are refused where row numbers alone pair them', async (t) => {
  const names = (prefix: string, ...labels: string[]): Contents =>
    Object.fromEntries(
      labels.map((label, at) => [
        `${prefix}${label}.csv`,
        prefix === 'd_' ? `id\nv${at}\n` : `id_token\nt${at}\n`,
      ]),
    );
  const outcome = async (data: string[], tokens: string[], options: Partial<CsvSourceOptions> = {}) => {
    const parts = await writeParts(t, { ...names('d_', ...data), ...names('t_', ...tokens) });
    const open = () => parts.open({ dataFile: 'd_*', tokenFile: 't_*', ...options });
    return { open, parts };
  };
  for (const [data, tokens, says] of [
    [
      ['1', '2', '4'],
      ['1', '3', '4'],
      /d_2\.csv and t_3\.csv would be paired, but the numbers in their names differ$/,
    ],
    [['10', '11', '12'], ['10', '11', '20'], /d_12\.csv and t_20\.csv/],
    [['2024-01-09', '2024-01-10'], ['2024-01-10', '2024-01-11'], /d_2024-01-09\.csv and t_2024-01-10\.csv/],
    [['00000-a1b23', '00001-a1b23'], ['00001-ff7', '00002-ff7'], /d_00000-a1b23\.csv/],
    [['0_0_0', '0_1_0'], ['0_1_0', '1_0_0'], /d_0_0_0\.csv/],
  ] as const) {
    const { open } = await outcome([...data], [...tokens]);
    assert.throws(open, refuses(says, 'source', /in lists/));
  }
  // The same numbers, written in another way, and names that have nothing in common.
  for (const [data, tokens] of [
    [
      ['1', '2', '10'],
      ['01', '02', '10'],
    ],
    [
      ['00000-x', '00001-x'],
      ['00000-y', '00001-y'],
    ],
    [
      ['a', 'b'],
      ['1', '2'],
    ],
    [['1'], ['7']],
  ] as const) {
    const { open } = await outcome([...data], [...tokens]);
    assert.equal((await readRecords(open())).length, data.length, data.join());
  }
  const { open } = await outcome(['1', '2'], ['2', '3'], {
    dataFile: ['d_1.csv', 'd_2.csv'],
    tokenFile: ['t_2.csv', 't_3.csv'],
  });
  assert.equal((await readRecords(open())).length, 2, 'a list says the order');
});

test('parts that cannot go together are refused before any is opened', async (t) => {
  const both = 'id,id_token\nv,t\n';
  const contents = { p_1: both, p_2: both, p_t_1: both, t_1: both };
  const parts = await writeParts(t, contents);
  assert.throws(
    () => parts.open({ dataFile: 'p_?', tokenFile: 't_*' }),
    refuses(
      /vault ID: there are 2 data files, there is 1 token file, and no key/,
      'source',
      /csv\.key_column/,
    ),
  );
  assert.throws(
    () => parts.open({ dataFile: 'p_*', tokenFile: 'p_t_*' }),
    refuses(/p_t_1 is both a data file and a token file/),
  );
  const keyed = await writeParts(t, {
    p_1: 'key,id\n1,v1\n',
    p_2: 'key,id\n2,v2\n3,v3\n',
    t_1: 'id_token,key\nt1,1\nt2,2\nt3,3\n',
  });
  const options = { dataFile: 'p_*', tokenFile: 't_1', keyHeader: 'key' };
  assert.deepEqual(await readRecords(keyed.open(options)), [
    ['v1', 't1'],
    ['v2', 't2'],
    ['v3', 't3'],
  ]);
  await writeFile(path.join(keyed.folder, 'p_2'), 'key,id\n3,v3\n2,v2\n');
  await assert.rejects(
    keyed.open(options).inspect(never),
    refuses(/p_2, line 2: the key is not the one at .*t_1, line 3$/),
  );
});

test('parts are said in their order before the load, and one that was copied is told of', async (t) => {
  const contents = Object.fromEntries(
    Array.from({ length: 12 }, (_, at) => [`p_${at + 1}`, `id,id_token\nv${at % 11},t\n`]),
  );
  const { notes, warnings } = await (await writeParts(t, contents)).open().inspect(never);
  assert.deepEqual(notes, [
    'data file in 12 parts, 12 rows, read in this order: p_1, p_2, p_3, p_4, p_5, …, p_12',
  ]);
  assert.deepEqual(warnings, ['p_12 holds the same as p_1: its records are loaded twice']);
});
