import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import { SingleFlight } from '../../src/vault/credential/single-flight.js';
import { TokenFileCredential } from '../../src/vault/credential/token-file-credential.js';
import { acceptAll, clientFor, gate, httpVault, quiet, RECORDS, envelope } from './scripted-vault.js';
import { newFolder } from '../support/temporary-folder.js';

async function withFile(work: (file: string) => Promise<void>): Promise<void> {
  const directory = newFolder(join(tmpdir(), 'credential-'));
  try {
    await work(join(directory, 'token'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a static token cannot be renewed until somebody replaces it', async () => {
  const credential = new StaticCredential(' Bearer first \n');
  assert.equal(await credential.current(quiet()), 'first');
  assert.equal(await credential.renew('first', quiet()), false);
  credential.replace('second');
  assert.equal(await credential.renew('first', quiet()), true);
  assert.equal(await credential.current(quiet()), 'second');
});

test('a token that cannot stand in a header is described by its length alone', () => {
  for (const token of ['two words', 'line\nbreak', 'smörgås', '']) {
    assert.throws(
      () => new StaticCredential(token),
      (error) => {
        assert.ok(error instanceof SuperviseError && error.code === 'config');
        assert.ok(token === '' || !error.message.includes(token));
        assert.ok(token === '' || error.message.includes(`${token.length} characters`));
        return true;
      },
    );
  }
});

test('a token file is read once, and again after a 401', () =>
  withFile(async (file) => {
    await writeFile(file, 'first\n');
    const credential = new TokenFileCredential(file);
    assert.equal(await credential.current(quiet()), 'first');
    await writeFile(file, 'second\n');
    assert.equal(await credential.current(quiet()), 'first');
    assert.equal(await credential.renew('first', quiet()), true);
    assert.equal(await credential.current(quiet()), 'second');
    assert.equal(await credential.renew('second', quiet()), false);
    assert.equal(await credential.renew('first', quiet()), true);
  }));

test('an expired token in a file that was refreshed costs one refused request', () =>
  withFile(async (file) => {
    await writeFile(file, 'old');
    await using vault = await httpVault((request, response) => {
      if (request.headers.authorization === 'Bearer new') acceptAll(request, response);
      else response.writeHead(401).end(envelope(401, 'expired', 16));
    });
    const client = await clientFor(vault.url, { credential: new TokenFileCredential(file) });
    assert.equal(
      (await client.insert(client.encode(RECORDS), { signal: quiet() })).answer.kind,
      'unauthorized',
    );
    await writeFile(file, 'new');
    assert.equal((await client.insert(client.encode(RECORDS), { signal: quiet() })).answer.kind, 'judged');
    await client.close();
  }));

test('a token file that is missing is an answer, not an exception of insert', () =>
  withFile(async (file) => {
    const client = await clientFor('http://127.0.0.1:9', { credential: new TokenFileCredential(file) });
    const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
    await client.close();
    assert.ok(answer.kind === 'unauthorized');
    assert.equal(answer.message, `The bearer token file cannot be read: ${file} (ENOENT)`);
  }));

test('one who leaves a shared renewal does not end it for the others', async () => {
  const answered = gate();
  let runs = 0;
  const flight = new SingleFlight(async () => {
    runs += 1;
    await answered.opened;
    return runs;
  });
  const leaving = new AbortController();
  const left = flight.run(leaving.signal);
  const stayed = flight.run(quiet());
  leaving.abort(new Error('leaving'));
  await assert.rejects(left, /leaving/);
  answered.open();
  assert.equal(await stayed, 1);
  assert.equal(await flight.run(quiet()), 2);
});
