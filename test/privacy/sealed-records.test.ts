import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateHybridIdentity, generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { assertRecipient, createDataKey, openDataKey } from '../../src/privacy/data-key.js';
import { readIdentities } from '../../src/privacy/identity-file.js';
import { RecordSealer, unseal, type SealedFacts } from '../../src/privacy/sealed-records.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const vault = { name: 'SSN', id: 'vault-ssn', table: 'ssn', column: 'ssn' };
const facts: SealedFacts = {
  batch_number: 4,
  error: 'not acceptable',
  status_code: 400,
  timestamp: '2026-01-02T03:04:05Z',
  reason: 'rejected',
  request_id: 'req-1',
  run: '20260102T030405Z-1a2b3c4d',
  records: [{ Position: 7 }, { Position: 9 }],
};
const pairs = [
  { value: 'value é \u2028 "', token: 'tok\n1' },
  { value: '\ud800', token: '' },
];

test('sealed records open to what they were, with the key that age gives to the identity alone', async () => {
  for (const identity of [await generateIdentity(), await generateHybridIdentity()]) {
    const dataKey = await createDataKey(await identityToRecipient(identity));
    const sealer = new RecordSealer(dataKey);
    const key = await openDataKey(dataKey.wrapped, [await generateIdentity(), identity]);
    assert.ok(Buffer.isBuffer(key));
    assert.deepEqual(key, dataKey.key);
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ value: fc.string({ unit: 'binary' }), token: fc.string() }, { noNullPrototype: true }),
          { maxLength: 5 },
        ),
        (given) => {
          const own = { ...facts, records: given.map((_, at) => ({ Position: at })) };
          assert.deepEqual(unseal(sealer.seal(own, vault, { pairs: given, said: 'no' }), key, own, vault), {
            pairs: given,
            said: 'no',
          });
        },
      ),
      { numRuns: 50 },
    );
    assert.equal(await openDataKey(dataKey.wrapped, [await generateIdentity()]), 'foreign');
  }
});

test('any change of what is sealed, or of what stands beside it, shows', async () => {
  const dataKey = await createDataKey(await identityToRecipient(await generateIdentity()));
  const { key } = dataKey;
  const sealer = new RecordSealer(dataKey);
  const sealed = sealer.seal(facts, vault, { pairs });
  assert.deepEqual(unseal(sealed, key, facts, vault), { pairs, said: undefined });
  const changes: Record<string, Partial<SealedFacts>> = {
    batch: { batch_number: 5 },
    message: { error: 'acceptable' },
    status: { status_code: 500 },
    time: { timestamp: undefined },
    reason: { reason: 'in_doubt' },
    request: { request_id: 'req-2' },
    run: { run: '20260102T030405Z-1a2b3c4e' },
    position: { records: [{ Position: 7 }, { Position: 8 }] },
    order: { records: [{ Position: 9 }, { Position: 7 }] },
    'one less': { records: [{ Position: 7 }] },
    'one more': { records: [...facts.records, { Position: 10 }] },
  };
  for (const [what, change] of Object.entries(changes)) {
    assert.equal(unseal(sealed, key, { ...facts, ...change }, vault), undefined, what);
  }
  for (const part of ['name', 'id', 'table', 'column'] as const) {
    assert.equal(unseal(sealed, key, facts, { ...vault, [part]: 'other' }), undefined, part);
  }
  for (const part of ['data', 'nonce'] as const) {
    const bytes = Buffer.from(sealed[part], 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const bent = Buffer.from(bytes);
      bent[at] = (bent[at] ?? 0) ^ 1;
      const changed = { ...sealed, [part]: bent.toString('base64') };
      assert.equal(unseal(changed, key, facts, vault), undefined, `${part}, byte ${at}`);
      const cut = { ...sealed, [part]: bytes.toString('base64', 0, at) };
      assert.equal(unseal(cut, key, facts, vault), undefined, `${part}, cut at ${at}`);
    }
  }
  const next = sealer.seal({ ...facts, batch_number: 5 }, vault, { pairs });
  assert.notEqual(next.nonce, sealed.nonce, 'no nonce is used twice');
  assert.equal(unseal({ ...next, data: sealed.data }, key, facts, vault), undefined, 'parts of two entries');
});

test('a wrapped key that was changed opens nothing', async () => {
  const identity = await generateIdentity();
  const { wrapped } = await createDataKey(await identityToRecipient(identity));
  const bytes = Buffer.from(wrapped, 'base64');
  for (let at = 0; at < bytes.length; at += 13) {
    const bent = Buffer.from(bytes);
    bent[at] = (bent[at] ?? 0) ^ 1;
    assert.ok(!Buffer.isBuffer(await openDataKey(bent.toString('base64'), [identity])), `byte ${at}`);
  }
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const short = Buffer.from(await encrypter.encrypt('no key')).toString('base64');
  assert.equal(await openDataKey(short, [identity]), undefined, 'what is no key');
});

test('a recipient that is none is refused, and a private key in its place is never shown', async () => {
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  await assertRecipient(recipient);
  for (const wrong of [
    'age1',
    `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`,
    'ssh-ed25519 AA',
    identity,
  ]) {
    await assert.rejects(assertRecipient(wrong), (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'config');
      assert.ok(
        !`${error.message}${error.hint ?? ''}${String(error.cause)}`.includes(wrong.slice(0, 30)) ||
          wrong === 'age1',
      );
      return true;
    });
  }
});

test('an identity file is read as age-keygen writes it; what it is not is said without quoting it', async (t) => {
  const path = await temporaryFolder(t);
  const file = join(path, 'key.txt');
  const identity = await generateIdentity();
  await writeFile(file, `# created: 2026-01-02\n# public key: age1…\n${identity}\r\n\n`, { mode: 0o600 });
  assert.deepEqual((await readIdentities(file)).keys, [identity]);
  const broken: Record<string, [content: string, expected: RegExp]> = {
    empty: ['', /holds no identity/],
    remarks: ['# nothing\n', /holds no identity/],
    misspelled: [`${identity.slice(0, -1)}\n`, /a line that is no identity/],
    encrypted: ['-----BEGIN AGE ENCRYPTED FILE-----\nabc\n', /is encrypted itself/],
    public: [await identityToRecipient(identity), /a line that is no identity/],
  };
  for (const [name, [content, expected]] of Object.entries(broken)) {
    await writeFile(file, content);
    await assert.rejects(readIdentities(file), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'config', name);
      assert.match(error.message, expected, name);
      assert.ok(!`${error.message}${String(error.cause)}`.includes(identity.slice(0, 40)), name);
      return true;
    });
  }
  await assert.rejects(readIdentities(join(path, 'missing')), { code: 'config', message: /ENOENT/ });
});
