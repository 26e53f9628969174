import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { usualDialect } from '../../src/source/csv/dialect.js';
import { openCsvSource } from '../../src/source/csv/csv-source.js';
import { sourceError } from '../../src/source/snowflake/driver-failure.js';
import { readInsertAnswer } from '../../src/vault/insert-answer.js';
import { RecentRequests } from '../../src/vault/recent-requests.js';
import { createBulkWire } from '../../src/vault/v1/bulk-wire.js';
import { createFlowWire } from '../../src/vault/flow/flow-wire.js';
import { createRecordWire } from '../../src/vault/v1/record-wire.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import { readLookupAnswer } from '../../src/vault/lookup.js';
import { openStoredRecords } from '../../src/vault/stored-records.js';
import type { PostOutcome } from '../../src/vault/post.js';
import { httpVault } from '../vault/scripted-vault.js';
import { Workspace } from '../support/workspace.js';
import { SPELLINGS } from '../../benchmarks/acceptance/spellings.js';

const bases = ['123-45-6789', "Zoë O'Brien & Müller"];
const spellings = bases.flatMap((base) =>
  SPELLINGS.map(([name, spell]) => ({ name, base, text: spell(base) })),
);

const answered = (status: number, body: unknown, header: string): PostOutcome => ({
  kind: 'answered',
  status,
  headers: { 'x-request-id': header, 'content-type': header, location: `https://${header}/${header}` },
  body: Buffer.from(JSON.stringify(body)),
});

/** The ways in which a vault says something about a request: as a whole, record by record, in a header. */
function everyAnswer(value: string, echo: string): (() => unknown)[] {
  const options = {
    basePath: '',
    vaultId: 'v',
    table: 't',
    column: 'c',
    byot: 'ENABLE',
    upsert: false,
  } as const;
  const records = { values: [value], tokens: ['tok'] };
  const read = (wire: ReturnType<typeof createBulkWire>, outcome: PostOutcome) =>
    readInsertAnswer(
      { outcome, credentials: ['bearer'] },
      { wire, plainTokens: false, records, recent: new RecentRequests() },
    );
  const said = `value ${echo} is invalid`;
  const envelope = { error: { message: said, grpc_code: 123456789, http_code: 400 } };
  const bulk = createBulkWire(options);
  const record = createRecordWire(options);
  const flow = createFlowWire(options);
  return [
    ...[400, 401, 403, 404, 409, 413, 429, 500, 503].map(
      (status) => () => read(bulk, answered(status, envelope, echo)),
    ),
    () => read(bulk, answered(200, { records: [{ error: said }] }, echo)),
    () => read(record, answered(207, { responses: [{ Status: 400, Body: { error: said } }] }, echo)),
    ...[400, 404, 409, 500].map((status) => () => read(flow, answered(status, envelope, echo))),
    ...[200, 207, 400].map(
      (status) => () =>
        read(flow, answered(status, { records: [{ error: said, httpCode: 400, tableName: echo }] }, echo)),
    ),
    ...[400, 403, 500].map(
      (status) => () =>
        readLookupAnswer({ outcome: answered(status, envelope, echo), credentials: ['bearer'] }, ['tok']),
    ),
    () =>
      readLookupAnswer(
        { outcome: answered(200, { records: [{ token: 'tok', error: said }] }, echo), credentials: [] },
        ['tok'],
      ),
    () =>
      sourceError(
        Object.assign(new Error(`Uncaught Error: cannot unprotect ${echo} in PTY_UNPROTECT`), {
          name: 'OperationFailedError',
          code: echo,
          sqlState: echo,
          data: { queryId: echo },
        }),
        { vaultName: 'V', doing: 'the query failed', secrets: [] },
      ),
  ];
}

test('10,000 failing records, echoed in 74 spellings by vault and Snowflake: none is found in what is passed on', () => {
  assert.equal(spellings.length, 74);
  const found: string[] = [];
  const tried = new Set<string>();
  for (let at = 0; at < 10_000; at += 1) {
    const { base, name, text } = spellings[at % spellings.length] ?? { base: '', name: '', text: '' };
    // Marked, so that each spelling is sure to be told from words of ours.
    const echo = `${text}\u2020${at}`;
    // In turn, so that every spelling is in every answer.
    const answers = everyAnswer(base, echo);
    const way = at % answers.length;
    tried.add(`${at % spellings.length} ${way}`);
    const answer = answers[way]?.();
    const passedOn =
      answer instanceof Error ? `${answer.message} ${answer.stack ?? ''}` : JSON.stringify(answer);
    const isFound = passedOn.includes('\u2020') || (text.length > 4 && passedOn.includes(text));
    if (isFound) found.push(name);
  }
  assert.deepEqual(found, []);
  assert.equal(tried.size, spellings.length * everyAnswer('', '').length);
});

test('what a vault says when records are counted, listed, inserted or deleted (undo, clear, calibrate) is its meaning', async () => {
  let echo = '';
  let status = 400;
  await using vault = await httpVault((_request, response) => {
    const body =
      status === 200
        ? { records: [{ error: echo, skyflowID: 5 }], said: echo }
        : { error: { message: echo } };
    const header = echo.replace(/[^\w.:/+=-]/g, '_');
    response.writeHead(status, { 'x-request-id': header, 'content-type': header }).end(JSON.stringify(body));
  });
  const { signal } = new AbortController();
  const connection = { httpVersion: '1.1', proxy: {}, connectTimeoutMs: 60_000, connections: 1 } as const;
  const opened = {
    ...connection,
    vaultUrl: vault.url,
    vaultId: 'v',
    table: 't',
    column: 'c',
    byot: 'ENABLE',
  } as const;
  for (const wire of ['bulk', 'flow'] as const) {
    const records = await openStoredRecords({
      ...opened,
      wire,
      credential: new StaticCredential('bearer'),
      requestTimeoutMs: 60_000,
    });
    for (const { text, name } of spellings) {
      echo = `${text}\u2020`;
      for (status of [200, 400, 404, 500]) {
        const answers = [
          await records.count({ signal }),
          await records.page(0, { signal }),
          await records.insert({ values: ['x'], tokens: ['y'] }, { signal }),
          await records.remove(['id'], { signal }),
        ];
        const passedOn = JSON.stringify(answers);
        assert.ok(answers.some(({ kind }) => kind === 'refused'));
        assert.ok(!passedOn.includes('\u2020') && !(text.length > 4 && passedOn.includes(text)), name);
      }
    }
    await records.close();
  }
});

test('names of columns that are none are described in every part of an input, CSV or Parquet, and never shown', async () => {
  await using workspace = await Workspace.create();
  const options = {
    vaultName: 'V',
    encoding: 'utf8',
    dialect: { ...usualDialect, header: 'every' },
    precount: true,
    valueHeader: 'ssn',
    tokenHeader: 'ssn_token',
  } as const;
  for (const { text, name } of spellings) {
    const cell = text.replaceAll('"', '""');
    // The second part has no header, so that its first line is a record.
    await writeFile(workspace.at('part_1.csv'), 'ssn,ssn_token\nx,y\n');
    await writeFile(workspace.at('part_2.csv'), `"${cell}\u2020",tok\n`);
    // As a tool writes it that took the first record for the header.
    const columns = [`${text}\u2020`, 'tok'];
    const written = parquetWriteBuffer({
      columnData: columns.map((column) => ({ name: column, data: ['x'], type: 'STRING' })),
    });
    await writeFile(workspace.at('first.parquet'), new Uint8Array(written));
    const csv = [workspace.at('part_1.csv'), workspace.at('part_2.csv')];
    const parquet = workspace.at('first.parquet');
    const inputs = [
      { dataFile: csv, tokenFile: csv },
      { dataFile: parquet, tokenFile: parquet, formats: { meant: 'parquet' as const } },
    ];
    for (const input of inputs) {
      const source = openCsvSource({ ...options, ...input });
      const error: unknown = await source
        .inspect(new AbortController().signal)
        .catch((thrown: unknown) => thrown);
      assert.ok(error instanceof SuperviseError, name);
      const told = `${error.message} ${error.hint ?? ''} ${error.stack ?? ''}`;
      assert.match(told, /no column "ssn"/);
      assert.ok(!told.includes('\u2020') && !(text.length > 4 && told.includes(text)), `${name}: ${told}`);
    }
  }
});
