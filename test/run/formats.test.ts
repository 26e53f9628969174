import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FileControl } from '../../src/control/file-control.js';
import { analyseErrorLog } from '../../src/source/error-log/analyse-error-log.js';
import { RUN_FORMATS } from '../../src/run-record/formats.js';
import { productVersion } from '../../src/product/product.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { beginSession, readRunRecord, writeRunRecord } from '../../src/run-record/run-record.js';
import { idSeal, readIdBlocks } from '../../src/undo/id-file.js';
import { readUndo } from '../../src/undo/undo-progress.js';
import { lastVerification, progressFile } from '../../src/verification/progress-file.js';
import { topics } from '../../supervisor/commands/help/help-topics.js';
import { planSchema } from '../../supervisor/commands/plan/plan-format.js';
import { renderEvidence } from '../../supervisor/commands/report/render-evidence.js';
import { gatherEvidence } from '../../supervisor/commands/report/gather-evidence.js';
import { signRun, verifySignature } from '../../supervisor/commands/report/signature.js';
import { readVerifications } from '../../supervisor/commands/verify/verification-file.js';
import { readNotes } from '../../supervisor/history/run-notes.js';
import { Workspace } from '../support/workspace.js';

const runId = '20260102T030405Z-1a2b3c4d';

test('a run says which versions may go on with it, and a version that may not names the one that may', async () => {
  await using workspace = await Workspace.create();
  const directory = runDirectoryAt(workspace.path, runId);
  await mkdir(directory.path, { mode: 0o700 });
  const startedAt = new Date();
  await writeRunRecord(directory, {
    format_version: 1,
    run_id: runId,
    started_at: startedAt.toISOString(),
    working_directory: workspace.path,
    precount: true,
    vaults: [],
    sessions: [beginSession({ command: 'load', startedAt, settings: {}, credential: undefined })],
  });
  const evidence = renderEvidence(await gatherEvidence(directory), undefined, {
    style: { unicode: false, color: false },
  });
  assert.ok(evidence.includes(`version ${productVersion}, or a newer one`), evidence);

  const text = await readFile(openRunStore(directory.path).recordPlace, 'utf8');
  const ofLater = text
    .replace('"format_version"', '"a_key_of_tomorrow": 1, "format_version"')
    .replace(`"program_version": "${productVersion}"`, '"program_version": "9.1.0"');
  await writeFile(openRunStore(directory.path).recordPlace, ofLater);
  await assert.rejects(readRunRecord(directory), (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, new RegExp(`no?t? .*version ${productVersion} understands`));
    assert.match(
      String(Reflect.get(error, 'hint')),
      /another version; go on with version 9\.1\.0, or a newer one/,
    );
    return true;
  });
  await writeFile(openRunStore(directory.path).recordPlace, '{}');
  await assert.rejects(readRunRecord(directory), /is not the record of a run/);
});

test('what a later version wrote is refused in each format, and stays as it is', async () => {
  await using workspace = await Workspace.create();
  const directory = runDirectoryAt(workspace.path, runId);
  await mkdir(directory.path, { mode: 0o700 });
  const of = { run: runId, vault: 'NAME' };
  const later = async (name: string, text: string): Promise<string> => {
    const file = `${directory.path}/${name}`;
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const began = (version: number): string =>
    `${JSON.stringify({ format_version: version, ...of, began_at: '2027-01-01T00:00:00.000Z' })}\n`;

  await later('verification.json', '{"format_version":2,"run_id":"x","verifications":[]}');
  await assert.rejects(readVerifications(directory), /verification\.json/);
  await later('undo_NAME.log', began(2));
  await assert.rejects(readUndo(directory.path, of), /written by another version/);
  await writeFile(progressFile(directory.path, 'NAME', 'all'), began(3), { mode: 0o600 });
  assert.equal(await lastVerification(directory.path, of).catch(() => undefined), undefined);
  const ids = await later('ids_NAME_1_00000000.bin', `SID3${'\0'.repeat(60)}`);
  const seal = await idSeal(workspace.path, { run: runId, vaultId: 'v', table: 't' });
  await assert.rejects(readIdBlocks(ids, seal).next());
  await writeFile(workspace.at(`${runId}.cleared.json`), '{"format_version":2}', { mode: 0o600 });
  await assert.rejects(readNotes(workspace.path));
  assert.equal(planSchema.safeParse({ format_version: 2 }).success, false);
  await later('control.json', '{"format_version":2,"number":1,"paused":true,"rates":{}}');
  await assert.rejects(new FileControl(directory.path).orders(), /control\.json/);
  const log = await later(
    'error_log_NAME_20260102_030405.json',
    '{"format":"skyflow-supervise error log 9","vault_name":"NAME","vault_id":"v","column":"name","errors":[]}',
  );
  await assert.rejects(analyseErrorLog(log), /written by another version of this program/);
  assert.equal(await readFile(ids, 'latin1').then((text) => text.slice(0, 4)), 'SID3');
});

test('a signature of a later version is no signature of the key, whatever it signs', async () => {
  await using workspace = await Workspace.create();
  const directory = runDirectoryAt(workspace.path, runId);
  await mkdir(directory.path, { mode: 0o700 });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = async (name: string, text: string | Buffer): Promise<string> => {
    await writeFile(workspace.at(name), text, { mode: 0o600 });
    return workspace.at(name);
  };
  const secret = await pem('own.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const open = await pem('own.pub', publicKey.export({ type: 'spki', format: 'pem' }));
  const file = await signRun(directory, secret);
  assert.deepEqual((await verifySignature(directory, open)).problems, []);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('"format_version": 1', '"format_version": 2'));
  assert.deepEqual((await verifySignature(directory, open)).problems, [
    'the signature is not one of this key',
  ]);
});

test('there is a note for each format, which the program prints', () => {
  const page = topics.find(({ name }) => name === 'formats')?.text() ?? '';
  for (const { name, later } of RUN_FORMATS) {
    assert.ok(page.includes(name.replaceAll('`', '')), name);
    assert.ok(later.length > 5);
  }
  assert.ok(page.includes(`This is version ${productVersion}`));
});
