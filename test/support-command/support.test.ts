import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, stat, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import * as z from 'zod';
import { concealer } from '../../supervisor/commands/support/conceal.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

const run = promisify(execFile);
const lineSchema = z.looseObject({ time: z.iso.datetime(), level: z.string(), code: z.string() });

test('support says what is in an archive before it writes it, and no record, secret or name of a host or user is', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["sentinel value 3"]']);
  await workspace.configure(sandbox.url, ['NAME'], { skyflow: { bearer_token: 'sentinel-bearer-token' } });
  await workspace.writePairs('NAME', makePairs(20, 'sentinel'));
  await workspace.run(['--all'], { status: 1 });

  const dry = await workspace.run(['support', '--dry-run', '--out', 'a.tar.gz'], { status: 0 });
  await assert.rejects(access(workspace.at('a.tar.gz')), /ENOENT/);
  const made = await workspace.run(['support', '--out', 'a.tar.gz', '--json'], { status: 0 });
  assert.equal((await stat(workspace.at('a.tar.gz'))).mode & 0o777, 0o600);
  const { stdout: listed } = await run('tar', ['-tzf', workspace.at('a.tar.gz')]);
  const names = listed.trim().split('\n');
  for (const name of [
    'versions.json',
    'evidence.json',
    'summary.json',
    'status.json',
    'figures.jsonl',
    'log.jsonl',
  ])
    assert.ok(names.includes(name), name);
  for (const name of names) assert.ok(dry.stdout.includes(`  ${name} `), `${name} was announced`);
  assert.ok(made.stderr.indexOf('In the archive') < made.stderr.indexOf('Written to'));

  const { stdout: all } = await run('tar', ['-xzOf', workspace.at('a.tar.gz')], { maxBuffer: 1 << 26 });
  assert.doesNotMatch(all, /sentinel|tok_p_|127\.0\.0\.1/);
  for (const name of [hostname(), userInfo().username])
    assert.doesNotMatch(all, new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`, 'i'), name);
  assert.match(all, /"vault_url".*\n.*http:\/\/<host \d+>:\d+|<host \d+>/);
  assert.match(all, /"performance\.batch_size"/, 'settings are in it');
  const { stdout: log } = await run('tar', ['-xzOf', workspace.at('a.tar.gz'), 'log.jsonl']);
  const codes = log
    .trim()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)).code);
  assert.equal(codes[0], 'command_begun');
  assert.equal(codes.at(-1), 'command_ended');
  for (const code of ['vault_phase', 'vault_ended', 'vault_inputs']) assert.ok(codes.includes(code), code);
  const { stdout: figures } = await run('tar', ['-xzOf', workspace.at('a.tar.gz'), 'figures.jsonl']);
  assert.match(figures, /"uploaded":19/);

  const again = await workspace.run(['support', '--out', 'a.tar.gz']);
  assert.equal(again.status, 2, 'nothing is written over');
  const [directory = ''] = await workspace.runs();
  await writeFile(join(directory, 'summary.json'), '{"torn');
  await writeFile(join(directory, 'run.json'), '{}');
  const kept = await workspace.run(['support', directory, '--out', 'b.tar.gz', '--keep-names']);
  assert.equal(kept.status, 0, 'a damaged run has an archive too');
  const { stdout: damaged } = await run('tar', ['-xzOf', workspace.at('b.tar.gz')], { maxBuffer: 1 << 26 });
  assert.match(damaged, /"unreadable"/);
  assert.doesNotMatch(damaged, /sentinel|tok_p_/);
});

test('names of hosts and users become words, the same name the same word, and SQL has no literals', () => {
  const of = (more: { keepNames?: boolean; keepLiterals?: boolean } = {}) =>
    concealer({
      hosts: ['loader-7', 'ACME-PROD'],
      users: ['jane', 'jane.doe'],
      ...{ keepNames: false, keepLiterals: false, ...more },
    });
  const conceal = of();
  const told = JSON.stringify(
    conceal({
      message:
        'jane.doe on LOADER-7: http://u:p@vault.example.com:8443/v1 and vault.example.com, 10.1.2.3, ssn_data.csv',
      'skyflow.vaults[0].query': {
        value:
          "SELECT ssn, t FROM a.b WHERE name = 'O''Brien' AND z > 4711 -- for Mary\nAND x = $$Smith$$ /* Paul */ AND y = 'open",
        origin: 'config.json',
      },
      notice: "query: SELECT a FROM t WHERE s = '123-45-6789'",
      url: 'postgresql://loader:pw@[fe80::1]:5432/db',
      'loader-7': 1,
      version: '20.19.0',
      path: '/home/jane/data/acme-prod.csv',
    }),
  );
  for (const name of ['jane', 'loader-7', 'vault.example', '10.1.2.3', 'acme', 'fe80', 'u:p@', 'pw@'])
    assert.ok(!told.toLowerCase().includes(name), `${name} in ${told}`);
  for (const literal of ['Brien', '4711', 'Mary', 'Smith', 'Paul', 'open', '123-45'])
    assert.ok(!told.includes(literal), `${literal} in ${told}`);
  for (const kept of [
    'ssn_data.csv',
    '20.19.0',
    'SELECT ssn, t FROM a.b WHERE name = ?',
    ':8443/v1',
    'config.json',
  ])
    assert.ok(told.includes(kept), `${kept} in ${told}`);
  const [first] = /<host \d+>(?=:8443)/.exec(told) ?? [];
  assert.ok(told.includes(`and ${first ?? ''}, `), 'the same host is the same word');
  const text = "jane: SELECT a FROM t WHERE s = '1'";
  assert.equal(of({ keepNames: true })(text), 'jane: SELECT a FROM t WHERE s = ?');
  assert.equal(of({ keepLiterals: true })(text), "<user 4>: SELECT a FROM t WHERE s = '1'");
});
