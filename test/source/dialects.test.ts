import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { isUsual, usualDialect } from '../../src/source/csv/dialect.js';
import { resolveForm } from '../../src/source/csv/form-settings.js';
import { dialectFor, never, readBatches, readRecords, writePair } from './csv-fixture.js';

type Form = Parameters<typeof dialectFor>[0];

test('files as programs write them give the values that are in them', async (t) => {
  const rows: [value: string, token: string][] = [
    ['C:\\tmp', 't1'],
    ['"Bob"', 't2'],
    ['two\nlines', 't3'],
    ['a,b\tc', 't4'],
    ["O'Brien", 't5'],
  ];
  const cases: Record<
    string,
    { form: Form; header?: string; write: (cell: string) => string; between: string }
  > = {
    'Snowflake, nothing enclosed': {
      form: { dialect: 'snowflake-unload' },
      header: 'id,id_token',
      write: (cell) => cell.replaceAll(/[\\,\n]/g, String.raw`\$&`),
      between: ',',
    },
    'MySQL SELECT … INTO OUTFILE': {
      form: { dialect: 'mysql-outfile' },
      write: (cell) => cell.replaceAll(/[\\\t\n]/g, String.raw`\$&`),
      between: '\t',
    },
    'MySQL with FIELDS ENCLOSED BY': {
      form: { dialect: 'mysql-outfile', delimiter: ',', quote: '"' },
      write: (cell) => `"${cell.replaceAll(/[\\"\n]/g, String.raw`\$&`)}"`,
      between: ',',
    },
    'Postgres COPY … TO in text format': {
      form: { dialect: 'postgres-copy' },
      write: (cell) =>
        cell
          .replaceAll('\\', '\\\\')
          .replaceAll('\t', String.raw`\t`)
          .replaceAll('\n', String.raw`\n`),
      between: '\t',
    },
    'Excel in German': {
      form: { dialect: 'excel' },
      header: 'id;id_token',
      write: (cell) => (/[";\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell),
      between: ';',
    },
    'a delimiter of several characters': {
      form: { delimiter: '||' },
      header: 'id||id_token',
      write: (cell) => (/["|\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell),
      between: '||',
    },
    'a delimiter as people type it': {
      form: { delimiter: '\\x01' },
      header: 'id\u0001id_token',
      write: (cell) => (/["\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell),
      between: '\u0001',
    },
    'single quotes': {
      form: { quote: "'" },
      header: 'id,id_token',
      write: (cell) => `'${cell.replaceAll("'", "''")}'`,
      between: ',',
    },
    'Spark, with backslashes inside quotes': {
      form: { escape: 'backslash' },
      header: 'id,id_token',
      write: (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll(/["\\]/g, String.raw`\$&`)}"` : cell),
      between: ',',
    },
  };
  for (const [what, { form, header, write, between }] of Object.entries(cases)) {
    const lines = rows.map((row) => row.map(write).join(between));
    const data = `${header === undefined ? '' : `${header}\n`}${lines.join('\n')}\n`;
    const numbers = header === undefined ? { valueHeader: '1', tokenHeader: '2' } : {};
    const { source } = await writePair(
      t,
      { data },
      { delimiter: undefined, dialect: dialectFor(form), ...numbers },
    );
    assert.equal((await source.inspect(never)).rows, rows.length, what);
    assert.deepEqual(await readRecords(source), rows, what);
  }
});

test('fields that stand for no value are skipped and counted; in quotes they are values', async (t) => {
  const { source } = await writePair(
    t,
    { data: 'id,id_token\n\\N,t1\nv2,NULL\n"NULL",t3\nNULLS,t4\nv5,\\N' },
    { delimiter: undefined, dialect: dialectFor({ null_strings: ['\\N', 'NULL'] }) },
  );
  const [batch] = await readBatches(source, { maxRecords: 10 });
  assert.deepEqual(batch?.values, ['NULL', 'NULLS']);
  assert.deepEqual(batch.skipped, [
    { position: 0, reason: 'empty_value' },
    { position: 1, reason: 'empty_token' },
    { position: 4, reason: 'empty_token' },
  ]);
});

test('lines that are no rows are passed over, and errors name the physical line', async (t) => {
  const cases: [form: Form, data: string][] = [
    [{ skip_lines: 2 }, 'Report\r\n\r\nid,id_token\nv1,t1\nv2,t2\n'],
    [{ comment: '#' }, '# by us\nid,id_token\nv1,t1\n# in the middle, "\nv2,t2\n#'],
    [{}, 'sep=;\r\nid;id_token\r\nv1;t1\r\nv2;t2\r\n'],
    [{}, '"sep=;"\r\nid;id_token\r\nv1;t1\r\nv2;t2\r\n'],
    [{}, 'sep=;;;\r\nid;id_token;\r\nv1;t1;\r\nv2;t2;\r\n'],
    [{ null_strings: ['NULL'] }, 'sep=\\t\nid\tid_token\nv1\tt1\nv2\tt2\n'],
    [{}, 'sep=||\nid||id_token\nv1||t1\nv2||t2\n'],
    [{ skip_lines: 1, header: 'none' }, 'Report\nv1,t1\nv2,t2'],
    [{}, 'id,id_token,\nv1,t1,\nv2,t2,\n'],
  ];
  for (const [form, data] of cases) {
    const numbers = form.header === 'none' ? { valueHeader: '1', tokenHeader: '2' } : {};
    const options = { delimiter: undefined, dialect: dialectFor(form), ...numbers };
    const { source } = await writePair(t, { data }, options);
    const expected = [
      ['v1', 't1'],
      ['v2', 't2'],
    ];
    assert.deepEqual(await readRecords(source), expected, data);
    const broken = await writePair(t, { data: data.replace(/v2(.).*/, 'v2') }, options);
    const line = data.slice(0, data.indexOf('v2')).split('\n').length;
    await assert.rejects(
      broken.source.inspect(never),
      new RegExp(`line ${line}: the row has only 1 field`),
      data,
    );
  }
});

test('what a dialect does not say is refused with the line, and nothing is guessed', async (t) => {
  const cases: [form: Form, data: string, says: RegExp][] = [
    [{ dialect: 'postgres-copy' }, 'v1\tt1\nv\\q\tt2\n', /line 2: a backslash that is followed by/],
    [{ quote: 'none', escape: 'backslash' }, '1,2\nv\\n,t2\n', /line 2: a backslash/],
    [{ escape: 'backslash' }, '1,2\n"v\\', /broken quotes|a backslash/],
    [{ escape: 'backslash' }, '1,2\n"v""x",t\n', /line 2: broken quotes/],
    [{ quote: "'" }, "1,2\n'v\n1',t\nv',t\n", /line 4: broken quotes/],
    [{ delimiter: '||' }, '1||2\nv||t\rx\n', /line 2: a carriage return/],
    [{ delimiter: '||' }, '1||2\nv||t||\n', /line 2: the row has 3 fields/],
    [{ delimiter: '||' }, '1||2\nv||t\n\n\nv||t\n', /line 3: blank line/],
    [{ delimiter: '||' }, '1||2\n\uFEFFv||t\n', /line 2: a byte order mark/],
    [{ delimiter: '||' }, '1||2\n\uFEFF"v"||t\n', /line 2: a byte order mark/],
    [{ delimiter: '||' }, '1||2\nv\0||t\n', /line 2: a NUL character/],
    [{ delimiter: '||' }, '1||2\nv||t\n1||2\n', /line 3: the header is repeated here/],
    [{ delimiter: '||' }, '1|2\nv||t\n', /no column "1"/],
    [{ comment: '#' }, '#\n#\n', /has nothing below the lines/],
  ];
  for (const [form, data, says] of cases) {
    const options = { valueHeader: '1', tokenHeader: '2', delimiter: undefined, dialect: dialectFor(form) };
    const { source } = await writePair(t, { data }, options);
    await assert.rejects(source.inspect(never), (error: unknown) => {
      assert.ok(error instanceof SuperviseError, String(error));
      assert.match(error.message, says, JSON.stringify(data));
      return true;
    });
  }
});

test('a vault’s own keys stand before its dialect, and that before what holds for all', () => {
  const resolved = resolveForm(
    { dialect: 'mysql-outfile', delimiter: '\\t' },
    { delimiter: ';', quote: "'" },
  );
  assert.deepEqual([resolved.delimiter, resolved.quote, resolved.header], ['\t', 'none', 'none']);
  assert.deepEqual(resolveForm(resolved, {}), resolved, 'a resumed run reads what was recorded');
  assert.ok(isUsual(dialectFor({})) && isUsual({ ...usualDialect, skipLines: 3, header: 'none' }));
});
