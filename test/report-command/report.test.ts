import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { renderEvidenceBriefly } from '../../supervisor/commands/report/render-evidence-briefly.js';
import { evidenceSchema, type Evidence } from '../../supervisor/commands/report/evidence-format.js';
import { keyedFingerprint } from '../support/keyed-fingerprint.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

async function evidenceOf(workspace: Workspace, runId: string): Promise<Evidence> {
  const { stdout } = await workspace.run(['report', runId, '--json']);
  return evidenceSchema.parse(JSON.parse(stdout));
}

const pace = { performance: { batch_size: 20, max_concurrency: 4 } };

test('a load and its retry are one evidence: settings, fingerprints, figures of the journals, every file’s hash', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 7"]']);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], pace);
  for (const name of ['NAME', 'SSN'] as const) await workspace.writePairs(name, makePairs(100, name));
  await workspace.run(['--all', '-concurrency', '3'], { status: 1 });
  const load = await workspace.summary();
  await sandbox.set({ poison: ['NAME value 77'] });
  await workspace.run(['retry', load.merged_error_log ?? '', '--yes'], { status: 1 });
  const retry = await workspace.summary();
  await sandbox.set({ poison: [] });
  await workspace.run(['retry', retry.merged_error_log ?? '', '--yes'], { status: 0 });

  const keys = generateKeyPairSync('ed25519');
  await writeFile(workspace.at('key.pem'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  await writeFile(workspace.at('key.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  const signed = await workspace.run(['report', load.run_id, '--sign', 'key.pem']);
  assert.match(signed.stdout, /Signed: \S+report_signature\.json/);
  await workspace.run(['report', load.run_id, '--verify-signature', 'key.pub'], { status: 0 });

  const evidence = await evidenceOf(workspace, load.run_id);

  assert.deepEqual([evidence.state, evidence.exit_code, evidence.agrees], ['finished', 1, true]);
  assert.deepEqual(evidence.totals, {
    read: 200,
    uploaded: 178,
    confirmed: 0,
    failed: 22,
    skipped: 0,
    unsettled: 0,
  });
  const [name] = evidence.vaults;
  assert.deepEqual([name?.journal?.uploaded, name?.error_log?.records, name?.summary?.failed], [89, 11, 11]);
  const data = await readFile(workspace.at('data', 'name_data.csv'));
  const key = await readFile(join(load.run_directory, 'fingerprint.key'), 'utf8');
  assert.equal(name?.inputs[0]?.fingerprint?.split(':')[1], keyedFingerprint(data, key.trim()));
  assert.deepEqual(
    evidence.retries.map(({ of_run: of, records_taken: taken, uploaded, failed }) => [
      of,
      taken,
      uploaded,
      failed,
    ]),
    [
      [load.run_id, 22, 21, 1],
      [retry.run_id, 1, 1, 0],
    ],
  );
  assert.deepEqual(evidence.totals_with_retries, { uploaded: 200, remaining: 0, exact: true });
  const [session] = evidence.sessions;
  assert.deepEqual(session?.settings['skyflow.bearer_token'], { secret_length: 17, origin: 'config.json' });
  assert.deepEqual(session.settings['performance.max_concurrency'], {
    value: 3,
    origin: 'flag --concurrency',
  });
  assert.deepEqual(
    evidence.manifest.files.map(({ file }) => file),
    (await readdir(load.run_directory)).sort(),
  );
  for (const { file, sha256 } of evidence.manifest.files) {
    const content = await readFile(join(load.run_directory, file));
    assert.equal(sha256, createHash('sha256').update(content).digest('hex'), file);
  }

  const text = await workspace.run(['report', load.run_directory], { status: 0 });
  assert.match(
    text.stdout,
    /read 200 = uploaded 178 \+ failed 22 \+ skipped 0; not sent yet 0, answer\s+unknown 0/,
  );
  assert.match(text.stdout, /with its retries: uploaded 200, still failed 0/);
  const page = workspace.at('evidence.html');
  await workspace.run(['report', load.run_directory, '--html', page], { status: 0 });
  assert.match(await readFile(page, 'utf8'), /with its retries: uploaded 200, still failed 0/);
  assert.match(text.stdout, /skyflow\.bearer_token = a secret of 17 characters \(config\.json\)/);
  assert.match(text.stdout, /All evidence agrees/);
  assert.match(text.stdout, /^SSN VAULT PERFORMANCE:$[^]*DETAILED TIMING BREAKDOWN/m);
  assert.ok(text.stdout.includes(load.run_directory), 'paths are shown uncut');
  assert.doesNotMatch(text.stdout, /test-bearer-token|NAME value|tok_NAME/);
  for (const line of text.stdout.split('\n')) {
    assert.ok(line.length <= 80 || line.includes(workspace.path), `too wide: ${line}`);
  }

  // Who sits at a terminal sees two screens of it, and how to see the rest.
  const vaults = ['A', 'B'].flatMap((more) =>
    evidence.vaults.map((one) => ({ ...one, name: one.name + more })),
  );
  const four = { ...evidence, vaults };
  const ended = {
    ...load,
    vaults: load.vaults.flatMap((vault) => [vault, { ...vault, name: `${vault.name}B` }]),
  };
  const style = { unicode: true, color: false };
  for (const columns of [80, 40]) {
    const brief = renderEvidenceBriefly(four, ended, { style, columns, folder: workspace.path });
    const lines = brief.trimEnd().split('\n');
    if (columns === 80) assert.ok(lines.length <= 48, `${lines.length} lines:\n${brief}`);
    for (const line of lines)
      assert.ok(
        line.length <= columns || /skyflow-supervise |\/|[0-9a-f]{64}/.test(line),
        `too wide: ${line}`,
      );
    assert.match(brief, /All evidence agrees\.\n[^]*\n {2}skyflow-supervise report runs\/\S+ --verbose\n/);
    assert.doesNotMatch(brief, /test-bearer-token|NAME value|tok_NAME/);
  }
});

test('a run is reported while it runs, when it was interrupted, and when it was resumed to its end', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=150']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 5, max_concurrency: 2 } });
  await workspace.writePairs('NAME', makePairs(600, 'NAME'));
  const load = workspace.start(['--all']);
  await waitUntil('some records are in', async () => (await sandbox.count(vaults.NAME.id, 'name')) > 20);
  const [path = ''] = await workspace.runs();

  const running = await evidenceOf(workspace, basename(path));

  assert.deepEqual([running.state, running.exit_code, running.agrees], ['running', null, true]);
  assert.equal(running.totals.read + running.totals.unsettled, 600);
  load.child.kill('SIGINT');
  await load.ended;
  await sandbox.set({ latency: { fixedMs: 0 } });
  const interrupted = await evidenceOf(workspace, basename(path));
  assert.deepEqual([interrupted.state, interrupted.exit_code, interrupted.agrees], ['unfinished', 130, true]);
  assert.ok(interrupted.totals.uploaded >= running.totals.uploaded && interrupted.totals.unsettled > 0);
  await workspace.run(['resume'], { status: 0 });
  const finished = await evidenceOf(workspace, basename(path));
  assert.deepEqual(
    [finished.state, finished.totals.uploaded, finished.totals.unsettled],
    ['finished', 600, 0],
  );
  assert.deepEqual(
    finished.sessions.map(({ command, exit_code: exitCode }) => [command, exitCode]),
    [
      ['load', 130],
      ['resume', 0],
    ],
  );
});

test('a copied run directory proves the same, and one that was tampered with contradicts itself', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 7"]']);
  await workspace.configure(sandbox.url, ['NAME'], pace);
  await workspace.writePairs('NAME', makePairs(100, 'NAME'));
  await workspace.run(['--all'], { status: 1 });
  const [path = ''] = await workspace.runs();
  const original = await evidenceOf(workspace, path);
  const copy = workspace.at('archive', basename(path));
  await cp(path, copy, { recursive: true });
  await rename(workspace.at('runs'), workspace.at('elsewhere'));

  const copied = await evidenceOf(workspace, copy);

  assert.equal(copied.run_directory, copy);
  assert.deepEqual(copied.manifest, original.manifest);
  assert.deepEqual([copied.totals, copied.agrees], [original.totals, true]);
  const summaryFile = join(copy, 'summary.json');
  const summary = await readFile(summaryFile, 'utf8');
  await writeFile(summaryFile, summary.replaceAll('"uploaded": 89', '"uploaded": 90'));
  const tampered = await workspace.run(['report', copy], { status: 1 });
  assert.match(tampered.stdout, /summary\.json has uploaded 90, the journal 89/);
  await writeFile(join(copy, 'journal_NAME.log'), 'not a journal\nat all\n');
  const damaged = await workspace.run(['report', copy], { status: 1 });
  assert.match(damaged.stdout, /contradicts itself/);
});

test('a run that is not there is wrong usage, and names the newest one', async () => {
  await using workspace = await Workspace.create();
  const { stderr } = await workspace.run(['report', '20260102T030405Z-1a2b3c4d'], { status: 2 });
  assert.match(stderr, /no run 20260102T030405Z-1a2b3c4d/);
});
