import assert from 'node:assert/strict';
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { RedactionKey } from '../../src/privacy/redaction-key.js';
import { prepareErrorLogs } from '../../supervisor/run/prepare-error-logs.js';
import { Workspace } from '../support/workspace.js';

test('a load makes the redaction key that is not there, of 256 random bits and nobody else’s to read, and never another', async () => {
  await using workspace = await Workspace.create();
  const file = workspace.at('redact.key');
  const settings = { source: 'csv', error_log: { redact: true, redact_key_file: file } } as const;
  await assert.rejects(prepareErrorLogs(settings), { code: 'config' });

  const [told = ''] = await prepareErrorLogs(settings, { makesKey: true });

  assert.match(told, /redact\.key was made, of 256 random bits/);
  const key = await readFile(file, 'utf8');
  assert.match(key, /^[0-9a-f]{64}\n$/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await prepareErrorLogs(settings, { makesKey: true }), []);
  assert.equal(await readFile(file, 'utf8'), key);
  const other = workspace.at('other.key');
  assert.equal(await RedactionKey.make(other), true);
  assert.notEqual(await readFile(other, 'utf8'), key);
  // A link to nowhere is not written through.
  await symlink(workspace.at('elsewhere'), workspace.at('link.key'));
  assert.equal(await RedactionKey.make(workspace.at('link.key')), false);
  await writeFile(workspace.at('short.key'), 'short\n', { mode: 0o600 });
  await assert.rejects(RedactionKey.read(workspace.at('short.key')), /it needs 16 at least/);
});
