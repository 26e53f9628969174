import assert from 'node:assert/strict';
import {
  appendFile,
  link,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SuperviseError, type ErrorCode } from '../../src/errors/supervise-error.js';
import { openCsvSource, type CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import { usualDialect, type HeaderMode } from '../../src/source/csv/dialect.js';
import { findFiles } from '../../src/source/files/name-files.js';
import { inNaturalOrder } from '../../src/source/files/natural-order.js';
import { PIECE_BYTES } from '../../src/source/fingerprints/piece-table.js';
import type { RecordSource } from '../../src/source/record-source.js';
import { assertSameInputs } from '../../src/source/same-inputs.js';
import { everything, never, readBatches, readRecords, temporaryFolder } from './csv-fixture.js';

type Contents = Readonly<Record<string, string | Buffer>>;

/** A source of parts in a folder of its own; names are inside it. */
interface Parts {
  readonly folder: string;
  open(options?: Partial<CsvSourceOptions>): RecordSource;
}

async function writeParts(
  t: TestContext,
  contents: Contents,
  given: Partial<CsvSourceOptions> = {},
): Promise<Parts> {
  const folder = await temporaryFolder(t);
  for (const [name, content] of Object.entries(contents)) await writeFile(path.join(folder, name), content);
  const inside = (named: string | readonly string[]): string | string[] =>
    typeof named === 'string' ? path.join(folder, named) : named.map((name) => path.join(folder, name));
  return {
    folder,
    open: (options = {}) => {
      const { dataFile = 'p_*', tokenFile = dataFile, ...rest } = { ...given, ...options };
      return openCsvSource({
        vaultName: 'ID',
        valueHeader: 'id',
        tokenHeader: 'id_token',
        encoding: 'utf8',
        precount: true,
        ...rest,
        dataFile: inside(dataFile),
        tokenFile: inside(tokenFile),
      });
    },
  };
}

const withHeader = (header: HeaderMode) => ({ dialect: { ...usualDialect, header } });

function refuses(says: RegExp, code: ErrorCode = 'source', hint = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SuperviseError && error.code === code, String(error));
    assert.match(error.message, says);
    assert.match(error.hint ?? '', hint);
    return true;
  };
}

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

test('headers stand in every part, in the first one, or in none', async (t) => {
  const rows = [
    ['v1', 't1'],
    ['v2', 't2'],
    ['v3', 't3'],
  ];
  const every = await writeParts(t, {
    'p_1.csv': 'id,id_token\nv1,t1\n',
    'p_2.csv': 'id_token,more,id\nt2,x,v2\n',
    'p_3.csv': 'id,id_token\n',
    'p_10.csv': '\uFEFFid,id_token\nv3,t3',
  });
  assert.deepEqual(await readRecords(every.open()), rows);
  const first = await writeParts(t, {
    p_1: 'sep=;\nid;id_token\nv1;t1\n',
    p_2: 'v2;t2\n',
    p_3: '',
    p_4: 'v3;t3',
  });
  assert.deepEqual(await readRecords(first.open(withHeader('first'))), rows);
  const { warnings } = await first.open(withHeader('first')).inspect(never);
  assert.match(warnings?.join() ?? '', /p_3 is empty$/);
  const swapped = await writeParts(t, { p_1: 'id,id_token\nv1,t1\n', p_2: 'id_token,id\nt2,v2\n' });
  for (const precount of [true, false]) {
    await assert.rejects(
      readRecords(swapped.open({ ...withHeader('first'), precount })),
      refuses(/p_2, line 1: the header is repeated here/, 'source', /csv\.header: "every"/),
    );
  }
  const none = await writeParts(t, { p_1: 'v1,t1\nv2,t2\n', p_2: 'v3,t3\n' });
  assert.deepEqual(
    await readRecords(none.open({ ...withHeader('none'), valueHeader: '1', tokenHeader: '2' })),
    rows,
  );
  await assert.rejects(
    first.open().inspect(never),
    refuses(/p_2, line 1: no column "id"/, 'source', /csv\.header: "first"/),
  );
  await assert.rejects(
    every.open(withHeader('first')).inspect(never),
    refuses(/p_2\.csv, line 1: the row has 3 fields/),
  );
  const same = await writeParts(t, { p_1: 'id,id_token\nv1,t1\n', p_2: 'id,id_token\nv2,t2\n' });
  await assert.rejects(
    same.open(withHeader('first')).inspect(never),
    refuses(/p_2, line 1: the header is repeated here/, 'source', /csv\.header: "every"/),
  );
});

test('parts of another dialect have their headers, nulls and blank rows like one file', async (t) => {
  const contents = { p_1: '--x\nid|id_token\na|NULL\n', p_2: 'b|"t|2"\n--y\n', p_3: 'c|t3' };
  const parts = await writeParts(t, contents, {
    dialect: { ...usualDialect, delimiter: '|', nullStrings: ['NULL'], comment: '--', header: 'first' },
  });
  assert.deepEqual(await readRecords(parts.open()), [
    ['b', 't|2'],
    ['c', 't3'],
  ]);
  assert.equal((await parts.open().inspect(never)).rows, 3);
});

test('blank lines at the end of a part of one column are rows where a later part has rows, as in one file', async (t) => {
  for (const dialect of [usualDialect, { ...usualDialect, comment: '#' }]) {
    const parts = await writeParts(
      t,
      {
        p_1: 'id\nv0\nv1\n\n',
        p_2: 'id\n\n',
        p_3: 'id\nv4\n\n\n',
        t_1: 'id_token\nt0\nt1\nt2\nt3\n',
        t_2: 'id_token\n',
        t_3: 'id_token\nt4\n',
      },
      { dataFile: 'p_*', tokenFile: 't_*', dialect },
    );
    const source = parts.open();
    const { rows, inputs, warnings } = await source.inspect(never);
    assert.equal(rows, 5);
    assert.deepEqual(
      inputs.map((input) => [input.part, input.rows]),
      [
        [1, 3],
        [2, 1],
        [3, 1],
        [1, 4],
        [2, 0],
        [3, 1],
      ],
    );
    assert.match(warnings?.join() ?? '', /p_1 has 3 rows and t_1, the part in its place, 4/);
    const expected = [
      ['v0', 't0'],
      ['v1', 't1'],
      ['v4', 't4'],
    ];
    assert.deepEqual(await readRecords(source), expected);
    assert.deepEqual(await readRecords(parts.open({ precount: false })), expected);
    const [batch] = await readBatches(source, { within: { start: 2, end: 4 } });
    assert.deepEqual(
      batch?.skipped.map(({ position }) => position),
      [2, 3],
    );
  }
});

test('half a line at the end of a part of one column is refused, since nothing else would tell', async (t) => {
  const parts = await writeParts(
    t,
    { p_1: 'id\nv0\nv', p_2: '1\n', t_1: 'id_token\nt0\n', t_2: 't1\nt2\n' },
    { dataFile: 'p_*', tokenFile: 't_*', ...withHeader('first') },
  );
  await assert.rejects(
    parts.open().inspect(never),
    refuses(/p_1 ends without a line end/, 'source', /split -l/),
  );
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

test('unequal counts name the parts where they begin to differ', async (t) => {
  const parts = await writeParts(
    t,
    { p_1: 'id\nv\n', p_2: 'id\nv\nv\n', t_1: 'id_token\nt\n', t_2: 'id_token\nt\n' },
    { dataFile: 'p_*', tokenFile: 't_*' },
  );
  const says =
    /ID: 2 parts \(.*p_1 to .*p_2\) have 3 rows, 2 parts .* have 2; the first parts that differ are p_2 \(2\) and t_2 \(1\)$/;
  await assert.rejects(parts.open().inspect(never), refuses(says));
  await assert.rejects(readRecords(parts.open({ precount: false })), refuses(says));
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

test('an error in a part names the part and its line', async (t) => {
  const parts = await writeParts(t, {
    'p_1.gz': gzipSync('id,id_token\na,b\n'),
    p_2: 'id,id_token\na,b\nc\n',
  });
  for (const precount of [true, false]) {
    const source = parts.open({ precount });
    await assert.rejects(
      source.inspect(never).then(() => readRecords(source)),
      refuses(/p_2, line 3: the row has only 1 field/),
    );
  }
});

test('the place of a row is said on both sides, wherever either is in parts, with the pass and without', async (t) => {
  const parts = await writeParts(t, {
    p_1: 'id,key\na,1\nb,2\nc,3\n',
    p_2: 'id,key\nd,4\n',
    'u_1.gz': gzipSync('id_token,key\n1,1\n'),
    'u_2.gz': gzipSync('id_token,key\n2,2\n3,3\n4,4\n'),
    all: 'id_token,key\n1,1\n2,2\n3,3\n4,4\n',
    both: 'id,id_token\na,1\nb,2\n',
  });
  for (const precount of [true, false]) {
    const places = async (options: Partial<CsvSourceOptions>): Promise<unknown[]> => {
      const source = parts.open({ precount, ...options });
      await source.inspect(never);
      const found: unknown[] = [];
      const cursor = await source.open(never);
      for (let position = 0; ; position += 1) {
        if ((await cursor.read({ start: position, end: Infinity }, 1)) === undefined) break;
        const place = source.locate?.(position);
        found.push(place && [place.data, place.tokens].map((side) => side && `${side.part} ${side.row}`));
      }
      await cursor.close();
      return found;
    };
    const data = ['p_1 0', 'p_1 1', 'p_1 2', 'p_2 0'];
    const beside = (tokens: readonly string[]) => data.map((one, row) => [one, tokens[row]]);
    assert.deepEqual(
      await places({ tokenFile: 'u_*' }),
      beside(['u_1.gz 0', 'u_2.gz 0', 'u_2.gz 1', 'u_2.gz 2']),
    );
    assert.deepEqual(
      await places({ tokenFile: 'all', keyHeader: 'key' }),
      beside(['all 0', 'all 1', 'all 2', 'all 3']),
    );
    assert.deepEqual(await places({ dataFile: 'both' }), [undefined, undefined]);
    assert.deepEqual(await places({ dataFile: 'bot*' }), [
      ['both 0', undefined],
      ['both 1', undefined],
    ]);
  }
});

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
