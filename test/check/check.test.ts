import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, Workspace } from '../support/workspace.js';
import { httpVault } from '../vault/scripted-vault.js';
import { runCheck } from './check-report.js';

test('where all is well it exits with 0, and nothing was inserted, no run begun and no file left', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    `credentialsFile=${workspace.at('credentials.json')}`,
  ]);
  const skyflow = { bearer_token: undefined, credentials_file: 'credentials.json' };
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], { skyflow });
  await workspace.writePairs('NAME', makePairs(20));
  await workspace.writePairs('SSN', makePairs(30));
  const before = await readdir(workspace.path);

  const { end, report, of } = await runCheck(workspace);

  assert.equal(end.status, 0, end.stderr);
  assert.equal(report.status, 'ready');
  assert.deepEqual(
    report.checks.filter(({ status }) => status === 'bad' || status === 'not_checked'),
    [],
  );
  assert.match(of('Configuration').join('\n'), /^good config\.json: 2 vaults \(NAME, SSN\), from CSV files$/);
  assert.match(of('Credential').join('\n'), /^good service account \S+ \(key \S+\): a token was fetched/);
  assert.match(of('Vaults')[0] ?? '', /^good NAME table name, column name: there \(\/v1 wire, /);
  assert.match(of('Vaults').at(-1) ?? '', /^good clock agrees/);
  assert.match(of('CSV files')[2] ?? '', /^good SSN ssn_data\.csv, ssn_tokens\.csv: 30 rows each/);
  assert.match(
    of('CSV files')[3] ?? '',
    /^good SSN 30 records, no row is skipped; values of \d+ to \d+ characters/,
  );
  assert.match(
    of('Estimate')[1] ?? '',
    /^good SSN 30 records in 1 request of up to 300; no pace is configured/,
  );
  assert.deepEqual(
    report.checks.filter(({ group }) => group === 'Machine').map(({ subject }) => subject),
    ['open files', 'memory', 'swap', 'core dumps'],
  );
  assert.deepEqual(await readdir(workspace.path), before);
  const stats = JSON.stringify(await sandbox.stats());
  assert.doesNotMatch(stats, /"insert/);
  assert.match(end.stderr, /✔ Ready to load/);
});

test('one cross hides no other: each says what is wrong and what to do, and quotes no secret and no record', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['accessTokens=[{"token":"the-right-token"}]']);
  await workspace.configure(sandbox.url, ['NAME', 'ID', 'SSN'], {
    skyflow: { bearer_token: 'sentinel-bearer-token' },
    performance: { append_suffix: true, max_records: undefined },
  });
  await workspace.writePairs('NAME', makePairs(20, 'sentinelrecord'));
  await workspace.writePairs('ID', makePairs(20, 'sentinelrecord'));
  await writeFile(workspace.at('data', 'id_tokens.csv'), 'id_token\nsentinelrecord\n');
  await writeFile(workspace.at('blocked'), '');

  const { end, report, of } = await runCheck(workspace, ['--run-dir', 'blocked']);

  assert.equal(end.status, 2);
  assert.equal(report.status, 'not_ready');
  assert.match(of('Configuration').join('\n'), /warn at most 100,000 rows[^]*warn append_suffix is on/);
  for (const [at, name] of ['NAME', 'ID', 'SSN'].entries())
    assert.match(of('Vaults')[at] ?? '', new RegExp(`^bad ${name} the vault does not accept .* HTTP 401 `));
  assert.match(of('CSV files')[0] ?? '', /^good NAME/);
  assert.match(of('CSV files')[2] ?? '', /^bad ID .*20 rows.*1/);
  assert.match(of('CSV files')[3] ?? '', /^bad SSN .*ssn_data\.csv does not exist$/);
  assert.match(of('Run directory').join('\n'), /^bad run directory .*ENOTDIR\)\nnot_checked disk /);
  const crosses = report.checks.filter(({ status }) => status === 'bad');
  assert.deepEqual(
    crosses.filter(({ hint }) => hint === undefined),
    [],
    'every cross says what to do',
  );
  assert.doesNotMatch(end.stdout + end.stderr, /sentinel/);
});

test('what needs something that is missing says so, and the rest is looked at all the same', async () => {
  await using workspace = await Workspace.create();
  const nothing = await runCheck(workspace);
  assert.equal(nothing.end.status, 2);
  assert.match(nothing.of('Configuration').join('\n'), /^bad there is no configuration file/);
  assert.match(nothing.of('Vaults').join('\n'), /^not_checked not checked: needs skyflow\.vault_url$/);
  assert.match(nothing.of('Run directory').join('\n'), /^good/);

  await writeFile(workspace.at('config.json'), '{"skyflow": {"vault_url": 7, "vaults": []}}');
  const unreadable = await runCheck(workspace);
  assert.match(
    unreadable.of('Configuration').join('\n'),
    /^bad skyflow\.vault_url \(config\.json\): found 7/,
  );
  assert.match(unreadable.of('Vaults').join('\n'), /needs a configuration that can be read/);
  assert.equal(unreadable.of('Machine').length, 4);

  await workspace.configure('http://127.0.0.1:9', ['NAME'], { skyflow: { bearer_token: undefined } });
  await workspace.writePairs('NAME', makePairs(5));
  const noToken = await runCheck(workspace);
  assert.match(noToken.of('Configuration').join('\n'), /^bad skyflow\.bearer_token: found nothing/);
  assert.match(noToken.of('Credential').join('\n'), /^bad no credential/);
  assert.match(noToken.of('Vaults').join('\n'), /^not_checked NAME not checked: needs a credential/);
  assert.match(noToken.of('CSV files').join('\n'), /^good NAME .*5 rows/);

  const closed = await runCheck(workspace, ['--quiet', '--vault', 'name'], {
    env: { SKYFLOW_BEARER_TOKEN: 'token' },
  });
  assert.doesNotMatch(closed.end.stderr, /✔|CSV files/, 'quiet says what is not good');
  assert.match(
    closed.of('Vaults').join('\n'),
    /^bad NAME no answer from http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/,
  );
});

test('vaults are told apart by reading: no column, unknown, another wire, not readable, busy; and the clock', async () => {
  await using workspace = await Workspace.create();
  const seen: string[] = [];
  await using vault = await httpVault(({ path, body }, response) => {
    seen.push(path);
    const answer = (status: number, message: string): void => {
      response.statusCode = status;
      response.setHeader('date', new Date(Date.now() - 60_000).toUTCString());
      response.end(
        JSON.stringify(status < 300 ? { records: [] } : { error: { message, http_code: status } }),
      );
    };
    const isQuery = path.endsWith('/query');
    if (path.startsWith('/v2/'))
      answer(body.includes('"newer"') ? 404 : 405, body.includes('"newer"') ? 'Token not found' : 'no');
    else if (path.endsWith('/detokenize')) answer(path.includes('insertonly') ? 403 : 404, 'Token not found');
    else if (path.includes('/empty/')) answer(isQuery ? 200 : 404, 'No records found');
    else if (path.includes('/nocolumn/'))
      answer(isQuery && body.includes('COUNT(*)') ? 200 : 400, 'unknown column');
    else if (path.includes('/insertonly/')) answer(403, 'not allowed to read');
    else if (path.includes('/busy/')) answer(503, 'overloaded');
    else answer(404, 'vault is not known');
  });
  const ids = ['empty', 'nocolumn', 'unknown', 'newer', 'insertonly', 'busy'];
  await workspace.configure(vault.url, [], {
    skyflow: { vaults: ids.map((id) => ({ name: id, id, column: 'ssn' })) },
  });

  const { end, report, of } = await runCheck(workspace, ['--data-dir', 'data']);

  const said = of('Vaults').join('\n');
  assert.equal(end.status, 2);
  assert.match(said, /^good empty table ssn, column ssn: there/m);
  assert.match(
    said,
    /^bad nocolumn table ssn is there, column ssn is not: HTTP 400 a column or field is not known, or not valid$/m,
  );
  assert.match(said, /^bad unknown vault unknown with table ssn, column ssn: HTTP 404 vault not found$/m);
  assert.match(said, /^bad newer the vault refuses the \/v1 wire \(HTTP 404 .*\) and answers on \/v2$/m);
  assert.match(said, /^warn insertonly .*may not read it \(HTTP 403 not allowed: permission denied\)$/m);
  assert.match(said, /^warn insertonly rows whose answer is unknown cannot be looked up: HTTP 403/m);
  assert.match(said, /^bad busy no answer from \S+: HTTP 503 the service is not available now$/m);
  assert.match(said, /^warn clock (59|1m 00)s? ahead of the vault's$/m);
  assert.ok(report.checks.some(({ hint }) => hint?.includes('skyflow.wire to "flow"') === true));
  assert.ok(
    seen.every((path) => /\/(query|detokenize)$|\?.*redaction=REDACTED/.test(path)),
    'only reads, and no value in them',
  );
});

test('an unfinished run of the same input is a cross with the resume command, as a load would refuse', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 7"]']);
  await workspace.configure(sandbox.url, ['NAME'], {
    performance: { batch_size: 1, max_concurrency: 1, max_errors: 0 },
  });
  await workspace.writePairs('NAME', makePairs(20));
  await workspace.run(['--all'], { status: 3 });

  const { end, of, report } = await runCheck(workspace);

  assert.equal(end.status, 2);
  assert.match(
    of('Run directory').at(-1) ?? '',
    /^bad NAME the unfinished run \S+ has loaded a part of this/,
  );
  const hints = report.checks.map(({ hint = '' }) => hint).join('\n');
  assert.match(hints, /^Go on with it: skyflow-supervise resume \S*\/runs\/\S+$/m);
});

test('an interrupt ends it with 130 while a vault is silent', async () => {
  await using workspace = await Workspace.create();
  const asked: string[] = [];
  await using vault = await httpVault(({ path }) => void asked.push(path));
  await workspace.configure(vault.url, ['NAME']);
  await workspace.writePairs('NAME', makePairs(5));
  const running = workspace.start(['check']);
  await waitUntil('the vault is asked', () => asked.length > 0);
  running.child.kill('SIGINT');
  const { status, stderr } = await running.ended;
  assert.equal(status, 130);
  assert.match(stderr, /stopped; nothing was sent/);
  await rm(workspace.at('data'), { recursive: true });
});

test('whoever answers in the place of the vault is named by what they send, and is a cross', async () => {
  const cases: [status: number, headers: Record<string, string>, body: string, finding: RegExp][] = [
    [
      200,
      { 'content-type': 'text/html' },
      '<html>Sign in</html>',
      /not the vault: HTTP 200 text\/html, a web page/,
    ],
    [
      403,
      { 'content-type': 'text/html' },
      '<html>Blocked</html>',
      /not the vault: HTTP 403 text\/html, a web page/,
    ],
    [200, { 'content-encoding': 'gzip' }, 'x', /not the vault: HTTP 200 with content-encoding gzip/],
    [200, { 'content-type': 'application/json' }, '{"ok":true}', /not the vault: .*JSON of another form/],
    [
      302,
      { location: 'https://login.example/' },
      '',
      /not the vault: HTTP 302 to another host: redirects are not followed/,
    ],
  ];
  await using workspace = await Workspace.create();
  await workspace.writePairs('NAME', makePairs(3));
  for (const [status, headers, body, finding] of cases) {
    await using server = await httpVault((_, response) => response.writeHead(status, headers).end(body));
    await workspace.configure(server.url, ['NAME']);
    const { end, of } = await runCheck(workspace);
    assert.equal(end.status, 2, `${status} ${body}`);
    assert.match(of('Vaults')[0] ?? '', finding);
  }
});
