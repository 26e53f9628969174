import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import type { Ledger } from '../../src/journal/ledger.js';
import { readErrorLog } from '../../src/journal/read-error-log.js';
import type { InDoubtPolicy } from '../../child/doubt/settle-doubt.js';
import { openErrorLogSource } from '../../src/source/error-log/error-log-source.js';
import { fingerprintFile } from '../../src/source/error-log/fingerprint-file.js';
import { Fingerprints } from '../../src/source/pieces/fingerprints.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { LookupAnswer, VaultClient } from '../../src/vault/vault-client.js';
import { ERROR_LOG, memoryFolder, open, owner, settlement } from '../journal/fixtures.js';
import { deliverInProcess, sourceOf } from '../support/deliver-in-process.js';
import { jobFor } from '../support/job-for.js';

type Pair = readonly [value: string, token: string];

const pairOf = (name: number): Pair => [`value ${name}`, `token ${name}`];

const refused: LookupAnswer = {
  ...{ kind: 'unanswered', message: 'not allowed', status: 403 },
  ...{ retryable: false, retryAfterMs: undefined },
};

/** A vault that counts how often it holds what, and takes a record under a token of its own where it is told to. */
class FakeVault {
  readonly own = new Map<string, number>();
  readonly foreign = new Map<string, number>();
  mayBeAsked = true;
  /** Of the records that come, in their order. */
  takesAsForeign: boolean[] = [];
  writes = 0;

  put([value, token]: Pair, how: 'own' | 'foreign'): void {
    const key = how === 'own' ? token : value;
    this[how].set(key, (this[how].get(key) ?? 0) + 1);
  }

  readonly client: VaultClient = {
    encode: (records, wire = 'bulk') => ({
      ...{ records, wire, body: Buffer.alloc(0), plainTokens: true, payloadMs: 0, serializationMs: 0 },
    }),
    insert: ({ records: { values, tokens } }) => {
      const mismatched: number[] = [];
      for (const [at, token] of tokens.entries()) {
        this.writes += 1;
        const isForeign = this.takesAsForeign.shift() === true;
        this.put([values[at] ?? '', token], isForeign ? 'foreign' : 'own');
        if (isForeign) mismatched.push(at);
      }
      const facts = { status: 200, requestId: undefined, failures: [], doubtful: [], mismatched };
      return Promise.resolve({ answer: { kind: 'judged', ...facts }, apiMs: 1 });
    },
    lookup: (tokens) => {
      if (!this.mayBeAsked) return Promise.resolve(refused);
      const held = tokens.map((token) => (this.own.has(token) ? token.replace('token', 'value') : undefined));
      return Promise.resolve({ kind: 'found', held, showsValues: true });
    },
    close: () => Promise.resolve(),
  };
}

interface Settings {
  readonly in_doubt?: InDoubtPolicy;
  readonly resend_mismatched?: boolean;
}

/** Runs a load to its end; gives what stands in its error log, by token, and that log as a source. */
async function run(
  folder: string,
  options: {
    readonly source: RecordSource;
    readonly vault: FakeVault;
    readonly settings?: Settings;
    readonly countTable?: () => number;
    readonly prepare?: (ledger: Ledger) => Promise<void>;
  },
): Promise<{ failed: { token: string; reason: string }[]; log: RecordSource }> {
  const { source, vault, settings, prepare, ...others } = options;
  if (prepare !== undefined) {
    const before = await open(folder);
    await prepare(before);
    await before.close();
  }
  const ledger = await open(folder);
  const usual = jobFor(owner.vaultName, folder);
  const job = {
    ...usual,
    performance: { ...usual.performance, batch_size: 20, max_errors: 100 },
    skyflow: { ...usual.skyflow, ...settings },
  };
  await deliverInProcess({ ...others, job, ledger, source, client: vault.client });
  await ledger.close();
  const path = join(folder, ERROR_LOG);
  const failed: { token: string; reason: string }[] = [];
  if (!existsSync(path)) return { failed, log: sourceOf([]) };
  for await (const { reason = '', records } of (await readErrorLog(path)).entries)
    for (const { token } of records) failed.push({ token, reason });
  const files = [{ path, fingerprint: (await fingerprintFile(path)).sha256 }];
  const { vaultId: id, vaultName: name, table } = owner;
  const log = openErrorLogSource({ vault: { id, name, table }, files, fingerprints: Fingerprints.plain });
  return { failed, log };
}

/** What a kill left: rows in doubt, those of them that are known to stand under foreign tokens, and one that came back. */
function killed(
  rows: number,
  options: { readonly sent: number; readonly foreign: readonly number[]; readonly tableCount?: number },
): (ledger: Ledger) => Promise<void> {
  return async (ledger) => {
    const { sent, foreign, tableCount } = options;
    await ledger.recordInputs({ rows, inputs: [], tableCount });
    await ledger.reserve({ start: 0, end: sent });
    await ledger.settle(settlement(sent - 1, sent));
    await ledger.noteDoubt(
      'foreign',
      foreign.map((start) => ({ start, end: start + 1 })),
    );
  };
}

const sent = 7;
const fresh = 5;
const drawn = fc.record({
  names: fc.array(fc.nat(5), { minLength: sent - 1 + fresh, maxLength: sent - 1 + fresh }),
  fates: fc.array(fc.constantFrom('own', 'foreign', 'absent'), { minLength: sent - 1, maxLength: sent - 1 }),
  takesAsForeign: fc.array(fc.boolean(), { maxLength: 8 }),
  mayBeAsked: fc.boolean(),
});

test('of pairs that stand more than once, those that the vault took under foreign tokens stay in the logs through kill, resume and retries, and none is sent again', async (t) => {
  await fc.assert(
    fc.asyncProperty(drawn, async ({ names, fates, takesAsForeign, mayBeAsked }) => {
      const vault = new FakeVault();
      const pairs = [...names.slice(0, sent - 1), 100, ...names.slice(sent - 1)].map(pairOf);
      const fateOf = [...fates, 'own'];
      for (const [at, fate] of fateOf.entries())
        if (fate !== 'absent') vault.put(pairs[at] ?? pairOf(-1), fate === 'own' ? 'own' : 'foreign');
      Object.assign(vault, { mayBeAsked, takesAsForeign: [...takesAsForeign] });
      const foreign = fateOf.flatMap((fate, at) => (fate === 'foreign' ? [at] : []));

      const prepare = killed(pairs.length, { sent, foreign });
      let { failed, log } = await run(await memoryFolder(t), { source: sourceOf(pairs), vault, prepare });
      for (let retries = 0; ; retries += 1) {
        for (const [value, token] of pairs) {
          const meant = pairs.filter((pair) => pair[1] === token).length;
          const own = vault.own.get(token) ?? 0;
          const logged = failed.filter((failure) => failure.token === token).length;
          assert.ok(own + logged >= meant, `${token}: ${own} there, ${logged} logged, ${meant} meant`);
          assert.ok(own + (vault.foreign.get(value) ?? 0) <= meant, `${value} is doubled`);
        }
        if (retries === 2) break;
        Object.assign(vault, { mayBeAsked: true, takesAsForeign: [] });
        ({ failed, log } = await run(await memoryFolder(t), { source: log, vault }));
      }
    }),
    { numRuns: 20 },
  );
});

/** Two rows with one pair, of which the vault took one under a foreign token before a kill; the other stands there or not. */
async function twins(t: TestContext, other: 'own' | 'absent', settings: Settings = {}) {
  const vault = new FakeVault();
  const pairs = [pairOf(1), pairOf(1), pairOf(2)];
  vault.put(pairOf(1), 'foreign');
  if (other === 'own') vault.put(pairOf(1), 'own');
  vault.put(pairOf(2), 'own');
  const tableCount = 5;
  const added = vault.own.size + 1;
  const countTable = () => tableCount + added + vault.writes;
  // Nobody has noted which of them it is: the count of the table alone tells.
  const prepare = killed(3, { sent: 3, foreign: [], tableCount });
  const source = sourceOf(pairs);
  return { vault, ...(await run(await memoryFolder(t), { source, vault, countTable, prepare, settings })) };
}

test('a repeated token that is not there while the table holds more is ambiguous: no retry confirms or sends it, unless told to', async (t) => {
  const { vault, failed, log } = await twins(t, 'absent');
  const both = (reason: string) => [1, 2].map(() => ({ token: 'token 1', reason }));
  assert.deepEqual(failed, both('token_ambiguous'));

  for (const settings of [{}, { in_doubt: 'send' }] as const) {
    const retry = await run(await memoryFolder(t), { source: log, vault, settings });
    assert.deepEqual([retry.failed, vault.writes], [both('token_mismatch'), 0]);
  }
  vault.put(pairOf(1), 'own');
  for (const settings of [{}, { in_doubt: 'send' }, { resend_mismatched: true }] as const) {
    const retry = await run(await memoryFolder(t), { source: log, vault, settings });
    const reason = 'resend_mismatched' in settings ? 'token_repeated' : 'token_ambiguous';
    assert.deepEqual([retry.failed, vault.writes], [both(reason), 0]);
  }
  vault.own.delete('token 1');
  const resent = await run(await memoryFolder(t), {
    ...{ source: log, vault, settings: { resend_mismatched: true } },
  });
  assert.deepEqual([resent.failed, vault.writes], [[], 2]);
});

test('a repeated token that is there while the table holds more is held', async (t) => {
  const { vault, failed, log } = await twins(t, 'own');
  assert.deepEqual([failed.length, vault.writes], [2, 0]);
  const retry = await run(await memoryFolder(t), { source: log, vault });
  assert.deepEqual([retry.failed.length, vault.writes], [2, 0]);
});
