import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadDuckdb } from '../../src/sandbox/snowflake/load-duckdb.js';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';

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
    const directory = await mkdtemp(join(tmpdir(), 'snowflake-sandbox-test-'));
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = directory;
    try {
      const sandbox = await startSnowflakeSandbox({ storage: 'disk', memoryLimit: '500MB' });
      const rows = await sandbox.runSql('SELECT count(*)::INTEGER FROM ELEVANCE.PUBLIC.PATIENTS');
      assert.deepEqual(rows.rows, [[1000]]);
      assert.equal((await readdir(directory)).length, 1);
      await sandbox.close();
      assert.deepEqual(await readdir(directory), []);
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
      await rm(directory, { recursive: true, force: true });
    }
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
