import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { parseBody } from '../../src/journal/journal-line.js';
import { inputIdentitySchema } from '../../src/source/input-identity.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import { PIECE_BYTES } from '../../src/source/fingerprints/piece-table.js';
import { assertSameInputs } from '../../src/source/same-inputs.js';
import { keyedFingerprint } from '../support/keyed-fingerprint.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const key = (): string => randomBytes(32).toString('hex');
const sha256 = (content: string | Buffer): Buffer => createHash('sha256').update(content).digest();

test('a fingerprint is told from a guess by its key alone: equal under one key, another one under each other key', () => {
  const guess = sha256('123-45-6789\n').toString('hex');
  const [one, other] = [Fingerprints.of(key()), Fingerprints.of(key())];
  const piece = one.ofPiece(Buffer.from('123-45-6789\n'));
  for (const form of ['ofWhole', 'ofPieces'] as const) {
    const of = (own: Fingerprints): string => (form === 'ofWhole' ? own.ofWhole(guess) : own.ofPieces(piece));
    assert.equal(of(one), of(Fingerprints.of(one.key)));
    assert.notEqual(of(one).split(':')[1], of(other).split(':')[1]);
    assert.throws(() => other.assertOwn(of(one)), { code: 'storage' });
  }
  assert.match(one.ofWhole(guess), /^hmac-[0-9a-f]{16}:[0-9a-f]{64}$/);
  const texts = [one.ofWhole(guess), other.ofWhole(guess), piece.toString('hex'), one.ofPieces(piece)];
  for (const text of texts) assert.ok(!text.includes(guess), text);
  assert.notEqual(one.keyId, other.keyId);
  assert.ok(!one.ofWhole(guess).includes((one.key ?? '').slice(0, 16)), 'the key does not name itself');
});

test('fingerprints of another key are never taken for other content, nor for the same', () => {
  const digest = sha256('a file').toString('hex');
  const [one, other] = [Fingerprints.of(key()), Fingerprints.of(key(), 'the run 7')];
  assert.throws(() => other.isOf(one.ofWhole(digest), digest), {
    code: 'storage',
    message: /key of the run 7/,
  });
  assert.throws(() => Fingerprints.plain.isOf(one.ofWhole(digest), digest), { code: 'storage' });
  const of = (fingerprint: string) => ({ inputs: [{ role: 'data file', name: '/d', fingerprint }] });
  assert.throws(() => assertSameInputs(of(one.ofWhole(digest)), of(other.ofWhole(digest))), {
    code: 'storage',
  });
  const changed = sha256('another').toString('hex');
  assert.throws(() => assertSameInputs(of(one.ofWhole(digest)), of(one.ofWhole(changed))), {
    code: 'input_changed',
  });
});

test('what version 0.1 wrote, the SHA-256 under its name, is read as the fingerprint it was', () => {
  const digest = sha256('a file').toString('hex');
  const written = { role: 'data file', name: '/d', sizeBytes: 6, sha256: digest };
  assert.equal(inputIdentitySchema.parse(written).fingerprint, digest);
  const line = parseBody(`inputs ${JSON.stringify({ rows: 1, inputs: [written] })}`);
  assert.deepEqual(line.kind === 'inputs' && line.inspection.inputs.map(({ fingerprint }) => fingerprint), [
    digest,
  ]);
  assert.ok(Fingerprints.plain.isOf(digest, digest));
});

/** Few rows, and still more than a piece of bytes. */
const pairs = makePairs(300, 'x'.repeat(4_000));

test('no file of a run tells the SHA-256 of an input or a piece, and content is known again by the key that goes with the run', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', pairs);
  const load = await run(workspace, '--all', '--quiet', '--max-records', '200');
  assert.equal(load.status, 0, load.stdout + load.stderr);
  const [directory = ''] = await workspace.runs();
  const keyFile = join(directory, 'fingerprint.key');
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);

  const data = await readFile(workspace.at('data', 'ssn_data.csv'));
  assert.ok(data.length > PIECE_BYTES);
  const told = keyedFingerprint(data, (await readFile(keyFile, 'utf8')).trim());
  assert.ok((await readFile(join(directory, 'journal_SSN.log'), 'utf8')).includes(`:${told}"`));
  const guesses = [data, data.subarray(0, PIECE_BYTES), data.subarray(PIECE_BYTES)].map(sha256);
  for (const name of await readdir(directory)) {
    const text = await readFile(join(directory, name), 'utf8');
    for (const guess of guesses)
      for (const encoding of ['hex', 'base64', 'base64url'] as const)
        assert.ok(!text.includes(guess.toString(encoding)), `${name} tells a SHA-256`);
  }

  // Another machine, another user: nothing but the run came along.
  const state = { XDG_STATE_HOME: workspace.at('elsewhere') };
  const changed = Buffer.concat([data.subarray(0, PIECE_BYTES), Buffer.from('\n')]);
  const again = await run(workspace, '--all', '--quiet', state);
  assert.equal(again.status, 2, again.stdout + again.stderr);
  assert.match(again.stderr, /has loaded 200 of the 300 rows of this input/);
  await writeFile(workspace.at('data', 'ssn_data.csv'), changed);
  const part = await run(workspace, '--all', '--quiet', state);
  assert.equal(part.status, 2, part.stdout + part.stderr);
  assert.match(
    part.stderr,
    /has loaded (?:a part of|what) ssn_(?:data|tokens)\.csv|ssn_tokens\.csv, with another/,
  );
  await writeFile(workspace.at('data', 'ssn_data.csv'), data);

  // Without its key nobody can tell: nothing is loaded.
  const kept = await readFile(keyFile);
  await rm(keyFile);
  const blind = await run(workspace, '--all', '--quiet');
  assert.equal(blind.status, 2, blind.stdout + blind.stderr);
  assert.match(blind.stderr, /key of the run .*is missing or another one/);
  await writeFile(keyFile, kept, { mode: 0o600 });

  const resumed = await run(workspace, 'resume', directory, '--max-records', '0', '--quiet', state);
  assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
  const verified = await run(workspace, 'verify', directory, state);
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);

  // Forgotten, its note is enough.
  assert.equal((await run(workspace, 'runs', 'forget', basename(directory), '--yes')).status, 0);
  const forgotten = await run(workspace, '--all', '--quiet', state);
  assert.equal(forgotten.status, 2, forgotten.stdout + forgotten.stderr);
  assert.match(forgotten.stderr, /the forgotten run .* has loaded this input already/);
  assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));
});

test('a run of version 0.1, which has no key, is known again, gone on with and verified as it was begun', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', pairs);
  await sandbox.set({ expiredTokens: ['test-bearer-token'] });
  assert.equal((await run(workspace, '--all', '--quiet', '--max-records', '200')).status, 3);
  await sandbox.set({ expiredTokens: [] });
  const [directory = ''] = await workspace.runs();
  // What the new version has begun is taken away: what is left was there in version 0.1.
  for (const name of await readdir(directory))
    if (/^(?:fingerprint|journal|pieces)/.test(name)) await rm(join(directory, name));
  const resume = (...words: string[]) => run(workspace, 'resume', directory, '--quiet', ...words);
  const first = await resume();
  assert.equal(first.status, 0, first.stdout + first.stderr);
  const digest = sha256(await readFile(workspace.at('data', 'ssn_data.csv'))).toString('hex');
  assert.ok((await readFile(join(directory, 'journal_SSN.log'), 'utf8')).includes(`"${digest}"`));

  const again = await run(workspace, '--all', '--quiet');
  assert.equal(again.status, 2, again.stdout + again.stderr);
  assert.match(again.stderr, /has loaded 200 of the 300 rows of this input/);
  const rest = await resume('--max-records', '0');
  assert.equal(rest.status, 0, rest.stdout + rest.stderr);
  assert.equal((await run(workspace, 'verify', directory)).status, 0);
  assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));
});

function run(
  workspace: Workspace,
  ...words: readonly (string | Readonly<Record<string, string>>)[]
): Promise<ProgramEnd> {
  const argv = words.filter((word) => typeof word === 'string');
  const env = words.find((word) => typeof word === 'object');
  return workspace.run(argv, { ...(env === undefined ? {} : { env }) });
}
