import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readTree } from '../support/file-tree.js';
import { readAll, sandboxFor, sourceOptions } from './fixture.js';
import { newFolder } from '../support/temporary-folder.js';

const sandbox = sandboxFor({ seed: { rows: 50 }, results: { inlineRows: 5, chunkRows: 10 } });
let folder: string;
before(() => (folder = newFolder(join(tmpdir(), 'driver-environment-'))));
after(() => rm(folder, { recursive: true }));

test('whatever the environment says, the driver writes no log, loads no native add-on and verifies', async () => {
  const logs = join(folder, 'logs');
  const config = join(folder, 'sf_client_config.json');
  await mkdir(logs);
  await writeFile(config, JSON.stringify({ common: { log_level: 'TRACE', log_path: logs } }), {
    mode: 0o600,
  });
  Object.assign(process.env, {
    SF_CLIENT_CONFIG_FILE: config,
    SNOWFLAKE_DISABLE_MINICORE: '',
    SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'false',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
  });

  const { rows } = await readAll(sourceOptions(sandbox()));

  assert.ok(rows > 10);
  assert.deepEqual(await readTree(logs), []);
  const report = JSON.stringify(process.report.getReport());
  assert.doesNotMatch(report, /sf_mini_core/);
  assert.equal(process.env['NODE_TLS_REJECT_UNAUTHORIZED'], undefined);
});
