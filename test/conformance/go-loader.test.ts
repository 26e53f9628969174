import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { chunkRows, fetchChunk, ProtocolClient, resultOf } from '../sandbox-snowflake/protocol.js';

/** What the Go loader asks of Snowflake for the vault SSN in each of its query modes, as a fact. */
const statements = {
  simple:
    'SELECT DISTINCT TO_VARCHAR(ssn) AS ssn, ssn_token FROM ELEVANCE.PUBLIC.PATIENTS ' +
    'WHERE ssn IS NOT NULL AND ssn_token IS NOT NULL',
  union:
    'SELECT SSN, T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_SSN_DETOK(SSN) AS ssn_token FROM (' +
    'SELECT SRC_MBR_SSN AS SSN FROM D01_SKYFLOW_POC.SKYFLOW_POC.CLM GROUP BY 1 UNION ' +
    'SELECT SSN FROM D01_SKYFLOW_POC.SKYFLOW_POC.MBR GROUP BY 1) DT GROUP BY 1, 2',
  generic:
    'SELECT SSN, TOKEN AS ssn_token FROM (' +
    'SELECT SRC_MBR_SSN AS SSN, SRC_MBR_SSN_TOKEN AS TOKEN FROM D01_SKYFLOW_POC.SKYFLOW_POC.CLM GROUP BY 1, 2 UNION ' +
    'SELECT SSN AS SSN, SSN_TOKEN AS TOKEN FROM D01_SKYFLOW_POC.SKYFLOW_POC.MBR GROUP BY 1, 2) DT GROUP BY 1, 2',
} as const;
const batchSize = 300;

test('the three query modes of the Go loader run to their end: rows by query, batches of 300, every pair in the vault', async () => {
  const results = { inlineRows: 50, chunkRows: 400 };
  const account = await startSnowflakeSandbox({ seed: { rows: 1000 }, results });
  const vault = await startVaultSandbox({});
  try {
    const client = await ProtocolClient.login(account.accessUrl);
    for (const [mode, sql] of Object.entries(statements)) {
      const result = resultOf(await client.query(sql));
      assert.deepEqual(
        result.rowtype.map(({ name }) => name),
        ['SSN', 'SSN_TOKEN'],
      );
      const rows = [...result.rowset];
      for (const chunk of result.chunks.keys())
        rows.push(...(await chunkRows(await fetchChunk(result, chunk))));
      assert.equal(rows.length, result.total);
      // It scans into texts that cannot be NULL, and stops at one.
      const pairs = rows.map(([value, token]) => {
        assert.ok(typeof value === 'string' && typeof token === 'string', mode);
        return [value, token] as const;
      });
      for (let at = 0; at < pairs.length; at += batchSize) {
        const records = pairs
          .slice(at, at + batchSize)
          .map(([value, token]) => ({ fields: { ssn: value }, tokens: { ssn: token } }));
        const body = { records, tokenization: true, byot: 'ENABLE', continueOnError: true };
        const answer = await fetch(`${vault.url}/v1/vaults/v1/${mode}`, {
          method: 'POST',
          headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        assert.equal(answer.status, 200, mode);
        await answer.arrayBuffer();
      }
      const stored = await fetch(`${vault.controlUrl}/sandbox/records?vault=v1&table=${mode}`);
      const held = (await stored.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { value: string; token: string })
        .map(({ value, token }) => `${value} ${token}`);
      const expected = (await account.runSql(sql)).rows.map(
        ([value, token]) => `${String(value)} ${String(token)}`,
      );
      assert.ok(expected.length > batchSize, mode);
      assert.deepEqual(held.sort(), expected.sort(), mode);
    }
  } finally {
    await vault.close();
    await account.close();
  }
});
