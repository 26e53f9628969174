import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { toTextOf } from '../../../src/source/parquet/to-text.js';
import { never, temporaryFolder } from '../csv-fixture.js';
import { Duck, openParquetFile, readAll } from './parquet-fixture.js';

test('numbers, dates and bytes are refused until a text form is chosen, and then written exactly so', async (t) => {
  const directory = await temporaryFolder(t);
  const file = join(directory, 'types.parquet');
  await using duck = await Duck.open();
  await duck.write(
    file,
    `SELECT 't' || range AS id_token, 7::TINYINT AS i8, -12345678::INTEGER AS i32, (-9223372036854775807 - 1)::BIGINT AS i64,
      4294967295::UINTEGER AS u32, 18446744073709551615::UBIGINT AS u64,
      -12.5::DECIMAL(9,3) AS d9, 0.05::DECIMAL(18,2) AS d18, -12345678901234567890123.4500::DECIMAL(38,4) AS d38,
      123456789::DOUBLE AS f, 0.1::FLOAT AS f4, 1e21::DOUBLE AS large, true AS b,
      DATE '1970-02-03' AS day, DATE '0012-12-31' AS early, TIME '01:02:03.000004' AS time,
      TIMESTAMP '2024-05-06 07:08:09.123456' AS ts, TIMESTAMPTZ '1969-12-31 23:59:59.5+00' AS tz, TIMESTAMP_NS '2024-05-06 00:00:00' AS ns,
      '0A1B2C3D-0000-4000-8000-00000000FFFF'::UUID AS uuid, encode('Zoë') AS bytes, '\\xFF\\x01'::BLOB AS raw, INTERVAL 1 DAY AS span
      FROM range(3)`,
  );
  const cases: [column: string, refused: RegExp, ...forms: [form: string, text: string][]][] = [
    ['i8', /"i8" as whole numbers/, ['integer:0', '7'], ['integer:000', '007']],
    ['i32', /whole numbers/, ['integer:0', '-12345678'], ['integer:000000000', '-012345678']],
    ['i64', /whole numbers/, ['integer:0', '-9223372036854775808']],
    ['u32', /whole numbers/, ['integer:0', '4294967295']],
    ['u64', /whole numbers/, ['integer:0', '18446744073709551615']],
    ['d9', /decimal numbers/, ['decimal:scale', '-12.500'], ['decimal:short', '-12.5']],
    ['d18', /decimal numbers/, ['decimal:scale', '0.05']],
    [
      'd38',
      /decimal numbers/,
      ['decimal:scale', '-12345678901234567890123.4500'],
      ['decimal:short', '-12345678901234567890123.45'],
    ],
    ['f', /floating-point/, ['float:whole', '123456789'], ['float:shortest', '123456789']],
    ['f4', /floating-point/, ['float:shortest', '0.1']],
    ['b', /true or false/, ['boolean:true/false', 'true'], ['boolean:1/0', '1']],
    [
      'day',
      /dates/,
      ['date:yyyy-mm-dd', '1970-02-03'],
      ['date:yyyymmdd', '19700203'],
      ['date:mm/dd/yyyy', '02/03/1970'],
      ['date:dd.mm.yyyy', '03.02.1970'],
      ['date:dd/mm/yyyy', '03/02/1970'],
    ],
    ['early', /dates/, ['date:yyyy-mm-dd', '0012-12-31']],
    ['time', /times/, ['time:iso', '01:02:03.000004']],
    [
      'ts',
      /timestamps/,
      ['timestamp:iso', '2024-05-06T07:08:09.123456'],
      ['timestamp:sql', '2024-05-06 07:08:09.123456'],
    ],
    ['tz', /timestamps/, ['timestamp:iso', '1969-12-31T23:59:59.500000Z']],
    [
      'ns',
      /timestamps/,
      ['timestamp:date', '2024-05-06'],
      ['timestamp:sql', '2024-05-06 00:00:00.000000000'],
    ],
    [
      'uuid',
      /UUIDs/,
      ['uuid:lower', '0a1b2c3d-0000-4000-8000-00000000ffff'],
      ['uuid:upper', '0A1B2C3D-0000-4000-8000-00000000FFFF'],
    ],
    [
      'bytes',
      /bytes that are not said to be text/,
      ['binary:utf8', 'Zoë'],
      ['binary:hex', '5a6fc3ab'],
      ['binary:base64', 'Wm/Dqw=='],
    ],
  ];
  for (const [valueHeader, says, ...forms] of cases) {
    await assert.rejects(
      openParquetFile(file, { valueHeader }).inspect(never),
      (error) =>
        error instanceof SuperviseError &&
        says.test(error.message) &&
        error.hint?.includes('parquet.text chooses it') === true,
      valueHeader,
    );
    for (const [form, text] of forms) {
      const source = openParquetFile(file, { valueHeader, text: [form] });
      assert.equal((await source.inspect(never)).rows, 3);
      assert.deepEqual(
        await readAll(source),
        [0, 1, 2].map((row) => [text, `t${row}`]),
        form,
      );
    }
  }
  const unsayable: [column: string, text: string[], says: RegExp][] = [
    ['f4', ['float:whole'], /a number is not whole/],
    ['large', ['float:whole'], /larger than a floating-point number holds exactly/],
    ['ts', ['timestamp:date'], /a timestamp is not at midnight/],
    ['raw', ['binary:utf8'], /not valid UTF-8/],
    ['span', ['integer:0'], /INTERVAL, which has no text of its own/],
  ];
  for (const [valueHeader, text, says] of unsayable) {
    await assert.rejects(
      openParquetFile(file, { valueHeader, text }).inspect(never),
      (error) => error instanceof SuperviseError && says.test(error.message),
      valueHeader,
    );
  }
});

test('timestamps of the older form, as Spark and Impala have written them, are days and nanoseconds', () => {
  const element = { type: 'INT96', name: 'seen' } as const;
  const at = (julianDay: bigint, nanoseconds: bigint): bigint => (julianDay << 64n) | nanoseconds;
  const evening = (7n * 3_600n + 8n * 60n + 9n) * 1_000_000_000n + 123_456_789n;
  const cases: [value: bigint, form: string, text: string][] = [
    [at(2_460_437n, evening), 'iso', '2024-05-06T07:08:09.123456789'],
    [at(2_440_588n, 0n), 'date', '1970-01-01'],
    [at(2_440_587n, 86_399_999_999_999n), 'sql', '1969-12-31 23:59:59.999999999'],
  ];
  for (const [value, form, text] of cases) assert.equal(toTextOf(element, 'timestamp', form)(value), text);
});
