import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { PositionRange } from '../../src/record/batch.js';
import type { RecordCursor } from '../../src/source/record-source.js';
import type { RecordColumns } from '../../src/vault/vault-client.js';
import { askVault, type AskOptions } from '../doubt/ask-vault.js';
import { VaultHealth } from '../vault/vault-health.js';

/** Records of the beginning, and as many again from the rows behind them. */
const sampleHalf = 50;
/** How far behind the beginning a record of the sample may stand: rows up to there are read twice. */
const spreadRows = 100_000;

export interface SampleOptions {
  readonly vaultName: string;
  readonly openCursor: () => Promise<RecordCursor>;
  /** Rows that are to be loaded; without an end while it is unknown: then only the beginning is looked at. */
  readonly extent: PositionRange;
  readonly client: AskOptions['client'];
  readonly gate: AskOptions['gate'];
  readonly stopping: AbortSignal;
  readonly notice: (message: string) => void;
  /** What to do instead, in full commands. */
  readonly hint: string;
}

/**
 * Looks a sample of the records up before the first is sent, and throws `already_loaded` when the vault holds one of
 * them under its own token: another host, folder or run has loaded them. A vault that cannot be asked is said to be
 * so, and the load goes on.
 */
export async function assertNotInVault(options: SampleOptions): Promise<void> {
  const { vaultName, client, gate, stopping, notice, hint } = options;
  const sample = await drawSample(options);
  if (sample.tokens.length === 0) return;
  const answer = await askVault(sample, {
    vaultName,
    client,
    gate,
    // That it can be read says nothing yet about whether it serves inserts.
    health: new VaultHealth(vaultName),
    maxAttempts: 2,
    givesUpUnanswered: true,
    stopping,
    // Nobody is asked for another credential before the first insert has shown what this one is good for.
    reauthorise: () => Promise.resolve(false),
  }).catch((error: unknown) => {
    // The credential for looking up may be another one than that for inserting, which is judged by its own answer.
    if (error instanceof SuperviseError && error.code === 'unauthorized') return error;
    throw error;
  });
  if (answer instanceof SuperviseError || answer.kind === 'unanswered') {
    notice(
      `the vault cannot be asked whether it holds these records already (${answer.message}); the load goes on without knowing`,
    );
    return;
  }
  const asked = sample.tokens.length;
  // Where only existence is told, what is there counts as the same.
  const isSame = (value: string, at: number): boolean => !answer.showsValues || value === sample.values[at];
  const same = answer.held.filter((value, at) => value !== undefined && isSame(value, at)).length;
  const other = answer.held.filter((value, at) => value !== undefined && !isSame(value, at)).length;
  if (same > 0) {
    throw new SuperviseError(
      'already_loaded',
      `vault ${vaultName}: ${same} of the ${asked} records that were looked up are in the vault already; nothing was sent`,
      { hint },
    );
  }
  if (other > 0) {
    notice(
      `the vault holds other values under ${other} of the ${asked} tokens that were looked up: check that each token stands beside its own value`,
    );
  }
}

async function drawSample({
  openCursor,
  extent: { start: first, end },
}: SampleOptions): Promise<RecordColumns> {
  const values: string[] = [];
  const tokens: string[] = [];
  const cursor = await openCursor();
  try {
    const take = async (start: number, to: number, count: number): Promise<void> => {
      const batch = await cursor.read({ start, end: to }, count);
      values.push(...(batch?.values ?? []));
      tokens.push(...(batch?.tokens ?? []));
    };
    await take(first, end, sampleHalf);
    const spread = end === Infinity ? 0 : Math.min(end - first, spreadRows);
    for (let at = 1; at <= sampleHalf; at += 1) {
      const row = Math.floor((at * (spread - 1)) / sampleHalf);
      if (row >= sampleHalf) await take(first + row, first + row + 1, 1);
    }
  } finally {
    await cursor.close();
  }
  return { values, tokens };
}
