import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { loadDuckdb } from '../../src/sandbox/snowflake/engine.js';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { withVariable } from '../support/with-variable.js';
import { Workspace } from '../support/workspace.js';

describe('starting the sandbox', () => {
  it('says what to install when DuckDB is missing', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package '@duckdb/node-api'"));
    await assert.rejects(loadDuckdb(missing), { code: 'usage' });
    await assert.rejects(startSnowflakeSandbox({}, { importDuckdb: missing }), {
      code: 'usage',
      hint: /npm install @duckdb\/node-api/,
    });
  });

  it('keeps everything in one directory when it is told to use the disk, and removes it at the end', async () => {
    await using workspace = await Workspace.create();
    const directory = workspace.at('data');
    await withVariable('TMPDIR', directory, async () => {
      const sandbox = await startSnowflakeSandbox({ storage: 'disk', memoryLimit: '500MB' });
      const rows = await sandbox.runSql('SELECT count(*)::INTEGER FROM ELEVANCE.PUBLIC.PATIENTS');
      assert.deepEqual(rows.rows, [[1000]]);
      assert.equal((await readdir(directory)).length, 1);
      await sandbox.close();
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('names every option that is wrong', async () => {
    const wrong = { results: { chunkRows: 0 }, users: [] };
    await assert.rejects(startSnowflakeSandbox(wrong), (error: Error) => {
      assert.match(error.message, /results\.chunkRows/);
      assert.match(error.message, /users/);
      return true;
    });
  });
});
