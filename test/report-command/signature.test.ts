import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newRunId } from '../../src/run-record/run-id.js';
import { createRunDirectory } from '../../src/run-record/run-directory.js';
import { signRun, verifySignature } from '../../supervisor/commands/report/signature.js';
import { Workspace } from '../support/workspace.js';

test('a signed run is known by its public key, and a file that is changed, added or gone is named', async () => {
  await using workspace = await Workspace.create();
  const directory = await createRunDirectory(workspace.at('runs'), newRunId(new Date()));
  const put = (name: string, content: string) =>
    writeFile(join(directory.path, name), content, { mode: 0o600 });
  await put('run.json', '{}');
  await put('journal_NAME.log', 'lines\n');
  const pem = async (name: string, key: KeyObject): Promise<string> => {
    const file = workspace.at(name);
    const type = key.type === 'private' ? 'pkcs8' : 'spki';
    await writeFile(file, key.export({ type, format: 'pem' }), { mode: 0o600 });
    return file;
  };
  const own = generateKeyPairSync('ed25519');
  const [secret, open] = [await pem('own.pem', own.privateKey), await pem('own.pub', own.publicKey)];
  const other = await pem('other.pub', generateKeyPairSync('ed25519').publicKey);
  await assert.rejects(verifySignature(directory, open), /is not signed/);

  const file = await signRun(directory, secret);

  assert.deepEqual((await verifySignature(directory, open)).problems, []);
  assert.deepEqual((await verifySignature(directory, other)).problems, [
    'the signature is not one of this key',
  ]);
  await appendFile(join(directory.path, 'journal_NAME.log'), 'one more\n');
  await put('new.json', '{}');
  await rm(join(directory.path, 'run.json'));
  assert.deepEqual((await verifySignature(directory, open)).problems, [
    'journal_NAME.log was changed',
    'new.json was added',
    'run.json is gone',
  ]);
  // Whoever edits what was signed has no signature for it.
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('journal_NAME', 'journal_NAMF'));
  assert.deepEqual((await verifySignature(directory, open)).problems, [
    'the signature is not one of this key',
  ]);
  const wrong = generateKeyPairSync('rsa', { modulusLength: 1024 });
  await assert.rejects(
    signRun(directory, await pem('rsa.pem', wrong.privateKey)),
    /has no private Ed25519 key/,
  );
  await assert.rejects(signRun(directory, open), /has no private Ed25519 key/);
});
