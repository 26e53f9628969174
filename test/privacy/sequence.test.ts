import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { errorLogEntries } from '../../src/error-log/error-log-format.js';
import { entrySchema } from '../../src/error-log/error-log-entry.js';
import type { FailedRecord } from '../../src/journal/ledger-contract.js';
import type { RawLogEntry } from '../../src/error-log/read-error-log.js';
import { createDataKey } from '../../src/privacy/data-key.js';
import { inSequence } from '../../src/privacy/in-sequence.js';
import { createProtection } from '../../src/privacy/record-protection.js';
import { OutsideText } from '../../src/outside/outside-text.js';
import { RecordSealer, unseal } from '../../src/privacy/sealed-records.js';
import { projectFolder } from '../docs/pages.js';

const vault = { name: 'SSN', id: 'vault-ssn', table: 'ssn', column: 'ssn' };
const header = {
  runId: '20260102T030405Z-1a2b3c4d',
  vaultName: vault.name,
  vaultId: vault.id,
  table: vault.table,
  column: vault.column,
  startedAt: '2026-01-02T03:04:05Z',
};
const recipient = await identityToRecipient(await generateIdentity());

/** The entries of a process that logged `count` failures, one after another. */
async function entriesOf(count: number, encrypted = true): Promise<RawLogEntry[]> {
  const protect = encrypted ? await createProtection({ kind: 'encrypted', recipient }) : undefined;
  return Array.from({ length: count }, (_, at) => {
    const failure: FailedRecord = {
      position: at,
      value: `value ${at}`,
      token: `token ${at}`,
      reason: 'rejected',
      message: 'a value is not acceptable',
      said: new OutsideText(`value ${at} is odd`),
      httpStatus: 400,
      requestId: undefined,
    };
    const [text = ''] = errorLogEntries([failure], { batchNumber: at, header, at: new Date(0), protect });
    assert.equal(
      text.includes(`value ${at} is odd`),
      !encrypted,
      'the words of the vault stand where the record does',
    );
    return { raw: entrySchema.parse(JSON.parse(text)), vault, end: at };
  });
}

async function pass(entries: readonly RawLogEntry[]): Promise<number> {
  let count = 0;
  const all = async function* (): AsyncGenerator<RawLogEntry> {
    yield* entries;
    await Promise.resolve();
  };
  for await (const entry of inSequence('log.json', all())) count += entry.raw.records.length;
  return count;
}

test('encrypted entries that are missing, repeated, moved or added to are refused, whatever else is right', async () => {
  // Two processes: a load that was killed, and what went on with it.
  const whole = [...(await entriesOf(5)), ...(await entriesOf(4))];
  assert.equal(await pass(whole), 9);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(8), { minLength: 1, maxLength: 12 }), async (order) => {
      const changed = order.map((at) => whole[at]).filter((entry) => entry !== undefined);
      // What cannot be seen: that the end of what one process wrote was cut off.
      const [first, second] = [order.filter((at) => at < 5), order.filter((at) => at >= 5)];
      const isPrefix =
        first.every((at, place) => at === place) && second.every((at, place) => at === place + 5);
      const isGrouped =
        [...first, ...second].join() === order.join() || [...second, ...first].join() === order.join();
      if (isPrefix && isGrouped) assert.equal(await pass(changed), changed.length);
      else await assert.rejects(pass(changed), { code: 'storage' });
    }),
    { numRuns: 300 },
  );
  const [clear] = await entriesOf(1, false);
  assert.ok(clear !== undefined);
  for (let at = 0; at <= whole.length; at += 1) {
    await assert.rejects(
      pass(whole.toSpliced(at, 0, clear)),
      /encrypted entries and others/,
      `in front of entry ${at}`,
    );
  }
  assert.equal(await pass(await entriesOf(3, false)), 3, 'a log in clear is none of this');
});

test('logs of the format before, without the words of the vault, are opened as well', async () => {
  const dataKey = await createDataKey(recipient);
  const facts = {
    batch_number: 1,
    error: 'no',
    status_code: 400,
    records: [{ Position: 1 }],
    run: header.runId,
  };
  const sealed = new RecordSealer(dataKey).seal(facts, vault, { pairs: [{ value: 'v', token: 't' }] });
  assert.equal(
    unseal({ ...sealed, version: undefined }, dataKey.key, facts, vault),
    undefined,
    'no entry changes its version',
  );
  const { createCipheriv } = await import('node:crypto');
  const nonce = Buffer.alloc(12);
  const cipher = createCipheriv('aes-256-gcm', dataKey.key, nonce);
  const place = [header.runId, 'SSN', 'vault-ssn', 'ssn', 'ssn'];
  cipher.setAAD(
    Buffer.from(
      JSON.stringify(['skyflow-supervise sealed records 1', place, [1, 'no', 400], [null, null, null], [1]]),
    ),
  );
  const data = Buffer.concat([cipher.update('[["v","t"]]'), cipher.final(), cipher.getAuthTag()]);
  const old = { key: dataKey.wrapped, nonce: nonce.toString('base64'), data: data.toString('base64') };
  assert.deepEqual(unseal(old, dataKey.key, facts, vault)?.pairs, [{ value: 'v', token: 't' }]);
});

test('the test vector of the docs is what the program writes and reads', async () => {
  const page = await readFile(join(projectFolder, 'docs/run-directory.md'), 'utf8');
  const text = /<!-- sealed vector -->\s*```json\n([\s\S]+?)```/.exec(page)?.[1] ?? '';
  const vector = JSON.parse(text) as {
    data_key: string;
    entry: Parameters<typeof entrySchema.parse>[0];
    vault: typeof vault;
    opened: { said: string; records: [string, string][] };
  };
  const raw = entrySchema.parse(vector.entry);
  const key = Buffer.from(vector.data_key, 'hex');
  const pairs = vector.opened.records.map(([value, token]) => ({ value, token }));
  assert.ok(raw.encrypted !== undefined);
  assert.deepEqual(unseal(raw.encrypted, key, raw, vector.vault), { said: vector.opened.said, pairs });
  const sealer = new RecordSealer({ key, wrapped: raw.encrypted.key });
  const { said } = vector.opened;
  assert.deepEqual(sealer.seal(raw, vector.vault, { pairs, said }), raw.encrypted);
});
