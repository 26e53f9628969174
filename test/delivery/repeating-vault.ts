import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { Ledger } from '../../src/journal/ledger.js';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import type { InDoubtPolicy } from '../../child/doubt/settle-doubt.js';
import { openErrorLogSource } from '../../src/source/error-log/error-log-source.js';
import { fingerprintFile } from '../../src/source/error-log/open-log.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { InsertAnswer, LookupAnswer, VaultClient } from '../../src/vault/vault-client.js';
import { ERROR_LOG, open, owner, settlement } from '../journal/fixtures.js';
import { deliverInProcess, sourceOf } from '../support/deliver-in-process.js';
import { jobFor } from '../support/job-for.js';

type Pair = readonly [value: string, token: string];

export const pairOf = (name: number): Pair => [`value ${name}`, `token ${name}`];

const refused: LookupAnswer = {
  ...{ kind: 'unanswered', message: 'not allowed', status: 403 },
  ...{ retryable: false, retryAfterMs: undefined },
};

/**
 * What becomes of a record that is sent: `lost` ones have no entry in the answer, of `dies` ones nobody sees an answer, and a
 * request with a `cut` one does not reach the vault, which serves others meanwhile.
 */
export type Fate = 'own' | 'foreign' | 'refused' | 'lost' | 'lost own' | 'dies' | 'dies own' | 'cut';

const notConnected: InsertAnswer = {
  ...{ kind: 'unavailable', applied: 'no', message: 'no connection', networkCode: 'ECONNREFUSED' },
  ...{ status: undefined, requestId: undefined, retryAfterMs: undefined },
};

/** A vault that counts how often it holds what, and does with records what it is told to. */
export class FakeVault {
  readonly own = new Map<string, number>();
  readonly foreign = new Map<string, number>();
  /** Tokens that stand for other values. */
  readonly taken = new Set<string>();
  mayBeAsked = true;
  /** Of the records that come, in their order; `own` when there are no more. */
  fates: Fate[] = [];
  writes = 0;
  /** Whether the process ended while a request was on its way. */
  hasDied = false;
  readonly #served = new EventEmitter();

  revive(): void {
    this.hasDied = false;
  }

  put([value, token]: Pair, how: 'own' | 'foreign'): void {
    const key = how === 'own' ? token : value;
    this[how].set(key, (this[how].get(key) ?? 0) + 1);
  }

  readonly client: VaultClient = {
    encode: (records, wire = 'bulk') => ({
      ...{ records, wire, body: Buffer.alloc(0), plainTokens: true, payloadMs: 0, serializationMs: 0 },
    }),
    insert: async ({ records: { values, tokens } }) => {
      if (this.hasDied) throw new Error('killed');
      const fates = tokens.map(() => this.fates.shift() ?? 'own');
      if (fates.includes('cut')) {
        await new Promise((resolve) => this.#served.once('served', () => setImmediate(resolve)));
        return { answer: notConnected, apiMs: 1 };
      }
      setImmediate(() => this.#served.emit('served'));
      this.writes += tokens.length;
      this.hasDied = fates.some((fate) => fate.startsWith('dies'));
      for (const [at, fate] of fates.entries()) {
        const pair: Pair = [values[at] ?? '', tokens[at] ?? ''];
        if (fate.endsWith('own')) this.put(pair, 'own');
        // Of one that nobody sees an answer of nobody could know.
        if (fate === 'foreign' && !this.hasDied) this.put(pair, 'foreign');
      }
      if (this.hasDied) throw new Error('killed');
      const those = (...which: readonly Fate[]): number[] =>
        fates.flatMap((fate, at) => (which.includes(fate) ? [at] : []));
      const answer: InsertAnswer = {
        ...{ kind: 'judged', status: 200, requestId: undefined },
        failures: those('refused').map((index) => ({ index, reason: 'rejected', message: 'no' })),
        doubtful: those('lost', 'lost own'),
        mismatched: those('foreign'),
      };
      return { answer, apiMs: 1 };
    },
    lookup: (tokens) => {
      if (!this.mayBeAsked) return Promise.resolve(refused);
      const valueOf = (token: string): string | undefined => {
        if (this.taken.has(token)) return 'another value';
        return this.own.has(token) ? token.replace('token', 'value') : undefined;
      };
      return Promise.resolve({ kind: 'found', held: tokens.map(valueOf), showsValues: true });
    },
    close: () => Promise.resolve(),
  };
}

/** Rows, or the records of error logs. */
type Input = RecordSource & { readonly files?: readonly { path: string; fingerprint: string }[] };

export interface Settings {
  readonly in_doubt?: InDoubtPolicy;
  readonly resend_mismatched?: boolean;
}

interface Failed {
  readonly token: string;
  readonly reason: string;
}

/** Runs a load to its end; gives what stands in its error log, by token, and that log as a source. */
export async function run(
  folder: string,
  options: {
    readonly source: Input;
    readonly vault: FakeVault;
    readonly settings?: Settings;
    readonly countTable?: () => number;
    readonly prepare?: (ledger: Ledger) => Promise<void>;
  },
): Promise<{ failed: Failed[]; log: Input }> {
  const { source, vault, settings, prepare, ...others } = options;
  if (prepare !== undefined) {
    const before = await open(folder);
    await prepare(before);
    await before.close();
  }
  const usual = jobFor(owner.vaultName, folder);
  const { files } = source;
  const job = {
    ...usual,
    source: files === undefined ? usual.source : { kind: 'error_log' as const, files },
    performance: { ...usual.performance, batch_size: 3, max_concurrency: 2, max_errors: 100 },
    skyflow: { ...usual.skyflow, ...settings },
  };
  const goOn = async (): Promise<boolean> => {
    vault.revive();
    const ledger = await open(folder);
    try {
      await deliverInProcess({ ...others, job, ledger, source, client: vault.client });
      return true;
    } catch (error) {
      // A person would look, and resume.
      if (!vault.hasDied && !(error instanceof SuperviseError && error.code === 'refused')) throw error;
      return false;
    } finally {
      await ledger.close();
    }
  };
  while (!(await goOn()));
  const path = join(folder, ERROR_LOG);
  const failed: Failed[] = [];
  if (!existsSync(path)) return { failed, log: sourceOf([]) };
  for await (const { reason = '', records } of (await readErrorLog(path)).entries)
    for (const { token } of records) failed.push({ token, reason });
  const logs = [{ path, fingerprint: (await fingerprintFile(path)).sha256 }];
  const { vaultId: id, vaultName: name, table } = owner;
  const log = openErrorLogSource({
    ...{ vault: { id, name, table }, files: logs, fingerprints: Fingerprints.plain },
  });
  return { failed, log: Object.assign(log, { files: logs }) };
}

/** What a kill left: rows in doubt, those of them that are known to stand under foreign tokens, and one that came back. */
export function killed(
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

export const sent = 7;
export const fresh = 5;
