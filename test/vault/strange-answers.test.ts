import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientFor, httpVault, insertAt, quiet, RECORDS } from './scripted-vault.js';

test('results record by record are read in a refusal too, and before it', async () => {
  await using vault = await httpVault((_, response) => {
    const records = [{ skyflow_id: 'x', tokens: { name: RECORDS.tokens[0] } }, { error: 'odd' }];
    response.writeHead(400).end(JSON.stringify({ records, error: { http_code: 400, grpc_code: 3 } }));
  });
  const answer = await insertAt(vault.url);
  assert.ok(answer.kind === 'judged');
  assert.deepEqual(
    answer.failures.map(({ index, said }) => [index, said?.forErrorLog()]),
    [[1, 'odd']],
  );
});

test('what is no answer of the vault is described by status, type, encoding and target, and nothing is quoted', async () => {
  const token = RECORDS.tokens[0] ?? '';
  const cases: [status: number, headers: Record<string, string>, body: string, message: RegExp][] = [
    [200, {}, `oops ${token}`, /^HTTP 200 no content type \(17 bytes\), which is no answer of the vault$/],
    [
      200,
      { 'content-type': 'text/html; charset=utf-8' },
      `<html>${token}`,
      /^HTTP 200 text\/html, a web page \(/,
    ],
    [200, { 'content-type': 'application/json' }, '{"ok":1}', /JSON of another form/],
    [
      200,
      { 'content-encoding': 'gzip' },
      'x',
      /^HTTP 200 with content-encoding gzip, which was not asked for$/,
    ],
    [204, {}, '', /^HTTP 204 with an empty body/],
    [
      400,
      { 'content-type': 'text/html' },
      '<html>Bad</html>',
      /^a page in HTML.* \[HTTP 400 text\/html, a web page/,
    ],
    [
      307,
      { location: `https://elsewhere.example/x?t=${token}` },
      '',
      /^HTTP 307 to another host: redirects are not followed; check skyflow\.vault_url$/,
    ],
  ];
  for (const [status, headers, body, message] of cases) {
    await using vault = await httpVault((_, response) => response.writeHead(status, headers).end(body));
    const answer = await insertAt(vault.url);
    assert.ok(answer.kind !== 'judged' && answer.applied === 'unknown');
    assert.match(answer.message, message);
    assert.doesNotMatch(answer.message, /tok_name/);
  }
});

test('a byte order mark before an answer is no part of it', async () => {
  await using vault = await httpVault((_, response) => {
    const records = RECORDS.tokens.map((name) => ({ skyflow_id: 'x', tokens: { name } }));
    response.end(`\uFEFF${JSON.stringify({ records })}`);
  });
  assert.deepEqual((await insertAt(vault.url)).kind, 'judged');
});

test('an answer out of proportion is not read to its end, and its effect is unknown', async () => {
  await using vault = await httpVault((_, response) => {
    response.on('error', () => undefined).end(`{"records":[${' '.repeat(2_000_000)}]}`);
  });
  const answer = await insertAt(vault.url);
  assert.ok(answer.kind === 'unavailable' && answer.applied === 'unknown');
  assert.equal(answer.networkCode, 'ANSWER_TOO_LARGE');
});

test('of the words about each of a thousand records only a beginning is looked at, however many an answer has', async () => {
  const words = 'the value is odd; '.repeat(16_384 / 18);
  const count = 1_000;
  const columns = {
    values: Array.from({ length: count }, (_, at) => `${at}`.padEnd(2_000, 'v')),
    tokens: Array.from({ length: count }, (_, at) => `tok_${at}`),
  };
  const entry = { Status: 400, Body: { error: words } };
  await using vault = await httpVault((_, response) => {
    response.end(JSON.stringify({ responses: Array.from({ length: count }, () => entry) }));
  });
  const client = await clientFor(vault.url);
  const { answer } = await client.insert(client.encode(columns, 'record'), { signal: quiet() });
  await client.close();
  assert.ok(answer.kind === 'judged');
  assert.equal(answer.failures.length, count);
  for (const { said, reason } of answer.failures) {
    const text = said?.forErrorLog() ?? '';
    assert.equal(reason, 'rejected');
    assert.ok(text.startsWith('the value is odd') && text.length <= 1_024, `${text.length} characters`);
  }
});
