import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { RedactionType, startSdk, type Sdk } from './sdk.js';

const { SSN } = vaults;
const table = SSN.column;
const poison = 'no-such-person';

/** A sandbox with TLS and one service account, and the SDK that knows both. */
async function withSdk(
  work: (sdk: Sdk, sandbox: TestSandbox, workspace: Workspace) => Promise<void>,
): Promise<void> {
  await using workspace = await Workspace.create();
  const credentialsFile = workspace.at('credentials.json');
  const options = [`credentialsFile=${credentialsFile}`, 'uniqueColumns=["ssn"]', `poison=["${poison}"]`];
  await using sandbox = await startSandbox(workspace.path, options, { tls: true });
  const { tlsUrl: vaultUrl = '', caFile } = sandbox;
  await using sdk = startSdk({ vaultUrl, vaultId: SSN.id, credentialsFile, caFile });
  await work(sdk, sandbox, workspace);
}

const insertedSchema = z.object({
  records: z.array(
    z.object({
      table: z.literal(table),
      request_index: z.int(),
      fields: z.object({ skyflow_id: z.uuid(), ssn: z.string().min(1) }),
    }),
  ),
  errors: z.array(z.object({ error: z.object({ code: z.int(), description: z.string() }) })).optional(),
});
type Inserted = z.infer<typeof insertedSchema>;

const records = (...values: string[]) => ({ records: values.map((ssn) => ({ table, fields: { ssn } })) });

async function insert(sdk: Sdk, values: readonly string[], options = {}): Promise<Inserted> {
  const answer = await sdk.ask({ name: 'insert', args: [records(...values), options] });
  return insertedSchema.parse(answer.value, { error: () => JSON.stringify(answer) });
}

const pairsOf = (values: readonly string[], { records: inserted }: Inserted): string[] =>
  inserted.map(({ fields }, at) => `${values[at]}\t${fields.ssn}`).sort();

test('Skyflow’s own SDK inserts, gets, detokenizes, updates and deletes over TLS with a service account', async () => {
  await withSdk(async (sdk, sandbox) => {
    const values = ['123-45-6789', 'Ðœ "quoted", 漢字 🙂', '987-65-4321'];

    const inserted = await insert(sdk, values);
    assert.deepEqual(await sandbox.pairs(SSN.id, table), pairsOf(values, inserted));

    const ids = inserted.records.map(({ fields }) => fields.skyflow_id);
    const tokens = inserted.records.map(({ fields }) => fields.ssn);
    const byId = await sdk.ask({
      name: 'get',
      args: [{ records: [{ ids, table, redaction: RedactionType.PLAIN_TEXT }] }],
    });
    assert.deepEqual(byId.value, {
      records: ids.map((id, at) => ({ fields: { id, ssn: values[at] }, table })),
    });

    const found = await sdk.ask({
      name: 'detokenize',
      args: [{ records: tokens.map((token) => ({ token })) }],
    });
    assert.deepEqual(found.value, { records: tokens.map((token, at) => ({ token, value: values[at] })) });

    const [first = '', second = '', third = ''] = ids;
    const update = { records: [{ id: second, table, fields: { ssn: 'after' } }] };
    const updated = z
      .object({
        records: z.tuple([z.object({ id: z.literal(second), fields: z.object({ ssn: z.string() }) })]),
      })
      .parse((await sdk.ask({ name: 'update', args: [update, { tokens: true }] })).value);
    const deleted = await sdk.ask({
      name: 'delete',
      args: [
        {
          records: [
            { id: first, table },
            { id: third, table },
          ],
        },
      ],
    });
    assert.deepEqual(deleted.value, {
      records: [first, third].map((id) => ({ skyflow_id: id, deleted: true })),
    });
    const [{ fields: left }] = updated.records;
    assert.notEqual(left.ssn, tokens[1], 'another value has another token');
    assert.deepEqual(await sandbox.pairs(SSN.id, table), [`after\t${left.ssn}`]);
    const again = await sdk.ask({ name: 'delete', args: [{ records: [{ id: first, table }] }] });
    assert.match(
      JSON.stringify(again.error),
      /"code":404.*isn't a valid Skyflow ID.* - requestId: [0-9a-f-]{36}/,
    );
  });
});

test('the SDK reads upserts, records that are refused singly, and a whole that is refused', async () => {
  await withSdk(async (sdk, sandbox) => {
    const first = await insert(sdk, ['a', 'b']);
    const mixed = await insert(sdk, ['c', poison, 'a', 'd'], { continueOnError: true });
    assert.deepEqual(
      mixed.records.map(({ request_index }) => request_index),
      [0, 3],
    );
    assert.deepEqual(
      mixed.errors?.map(({ error }) => [error.code, error.description.replace(/ - requestId: .*/, '')]),
      [
        [400, 'Invalid request. A value is not acceptable'],
        [400, 'Insert failed. Column ssn: unique constraint violation'],
      ],
    );
    const upserted = await insert(sdk, ['b'], { upsert: [{ table, column: 'ssn' }] });
    assert.equal(upserted.records[0]?.fields.skyflow_id, first.records[1]?.fields.skyflow_id);

    const whole = await sdk.ask({ name: 'insert', args: [records('e', poison)] });
    assert.match(JSON.stringify(whole.error), /"code":400,"description":"Invalid request\. A value/);
    assert.deepEqual(
      (await sandbox.pairs(SSN.id, table)).map((pair) => pair.split('\t')[0]),
      ['a', 'b', 'c', 'd'],
    );
  });
});

test('what this program loaded under its own tokens, the SDK finds under them; another token it does not', async () => {
  await withSdk(async (sdk, sandbox, workspace) => {
    const pairs = makePairs(40, 'ssn');
    await workspace.writePairs('SSN', pairs);
    await workspace.configure(sandbox.tlsUrl ?? '', ['SSN'], {
      skyflow: {
        bearer_token: undefined,
        credentials_file: 'credentials.json',
        ca_file: sandbox.caFile,
        wire: 'record',
      },
      performance: { batch_size: 15, max_concurrency: 2 },
    });

    await workspace.run(['--all'], { status: 0 });
    assert.deepEqual(await sandbox.pairs(SSN.id, table), asMultiset(pairs));
    const found = await sdk.ask({
      name: 'detokenize',
      args: [{ records: pairs.map(([, token]) => ({ token })) }],
    });
    assert.deepEqual(found.value, { records: pairs.map(([value, token]) => ({ token, value })) });
    const unknown = await sdk.ask({ name: 'detokenize', args: [{ records: [{ token: 'tok_nobody' }] }] });
    assert.match(JSON.stringify(unknown.error), /"token":"tok_nobody".*"code":404/);
  });
});

test('without the authority the SDK refuses the sandbox: the other tests do verify it', async () => {
  await using workspace = await Workspace.create();
  const credentialsFile = workspace.at('credentials.json');
  await using sandbox = await startSandbox(workspace.path, [`credentialsFile=${credentialsFile}`], {
    tls: true,
  });
  await using sdk = startSdk({ vaultUrl: sandbox.tlsUrl ?? '', vaultId: SSN.id, credentialsFile });
  const refused = await sdk.ask({ name: 'insert', args: [records('a')] });
  assert.match(JSON.stringify(refused.error), /certificate/);
  assert.equal((await sandbox.stats())['requests'], 0);
});
