import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { CsvSourceOptions } from '../../src/source/csv/csv-source.js';
import { usualDialect } from '../../src/source/csv/dialect.js';
import { never, readBatches, readRecords } from './csv-fixture.js';
import { writeParts, withHeader, refuses } from './write-parts.js';

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
