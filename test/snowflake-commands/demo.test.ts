import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { digestPairs } from '../../src/sandbox/multiset-digest.js';
import { runSummarySchema } from '../../src/report/summary-format.js';
import { engineDigest } from '../../supervisor/commands/demo/vault-digest.js';
import { Workspace } from '../support/workspace.js';
import { openAccount } from './account.js';

const documentSchema = z.object({
  exit_code: z.int(),
  proven: z.boolean(),
  modes: z.array(
    z.object({
      mode: z.string(),
      summary: runSummarySchema,
      proof: z.array(
        z.object({ name: z.string(), records: z.int(), recordsInVault: z.int(), holds: z.boolean() }),
      ),
    }),
  ),
});

test('demo --source snowflake loads four vaults in four query modes and proves each, whatever the environment says', async () => {
  await using workspace = await Workspace.create();
  const nowhere = 'http://127.0.0.1:9';
  const end = await workspace.run(['demo', '--source', 'snowflake', '--records', '120', '--json'], {
    env: {
      HTTP_PROXY: nowhere,
      http_proxy: nowhere,
      NO_PROXY: '*',
      SKYFLOW_VAULT_URL: nowhere,
      SNOWFLAKE_ACCESS_URL: nowhere,
      SNOWFLAKE_QUERY_MODE: 'union',
    },
    status: 0,
  });
  const { exit_code, proven, modes } = documentSchema.parse(JSON.parse(end.stdout));
  assert.deepEqual([exit_code, proven], [0, true]);
  assert.deepEqual(
    modes.map(({ mode }) => mode),
    ['simple', 'union', 'generic', 'custom'],
  );
  for (const { summary, proof } of modes) {
    assert.deepEqual(
      proof.map(({ name }) => name),
      ['NAME', 'ID', 'DOB', 'SSN'],
    );
    assert.ok(
      proof.every(({ holds, records, recordsInVault }) => holds && records > 0 && recordsInVault === records),
    );
    assert.equal(
      summary.totals.uploaded,
      proof.reduce((sum, { records }) => sum + records, 0),
    );
  }
  assert.equal(end.stderr.match(/^query mode/gm)?.length, 4);
  assert.equal(end.stderr.match(/the same pairs$/gm)?.length, 16);
});

test('the digest that the engine computes is that of the pairs it would give out, and another for any other pair', async () => {
  await using account = await openAccount({ seed: { rows: 500 } });
  const { controlUrl } = account.sandbox;
  const signal = new AbortController().signal;
  const sql =
    'SELECT ssn AS v, ssn_token AS t FROM ELEVANCE.PUBLIC.PATIENTS WHERE v IS NOT NULL AND t IS NOT NULL';
  const pairs = (await account.sandbox.runSql(sql)).rows.map(
    ([value, token]) => [String(value), String(token)] as const,
  );
  assert.deepEqual(await engineDigest(controlUrl, sql, signal), digestPairs(pairs));
  const [[value, token] = ['', '']] = pairs;
  const swapped = await engineDigest(
    controlUrl,
    `${sql} AND v <> '${value}' UNION ALL SELECT '${token}', '${value}'`,
    signal,
  );
  assert.notDeepEqual(swapped, digestPairs(pairs));
  assert.deepEqual(await engineDigest(controlUrl, `${sql} AND v = 'nobody'`, signal), digestPairs([]));
});
