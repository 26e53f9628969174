import { SuperviseError } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { PositionRange } from '../../src/record/batch.js';
import { readerOf } from '../../src/source/source-kinds.js';
import type { RecordCursor } from '../../src/source/record-source.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { askVault, type AskOptions } from '../doubt/ask-vault.js';
import { VaultHealth } from '../vault/vault-health.js';

/** Records of the beginning, and as many again from the rows behind them. */
const sampleHalf = 50;
/** How far behind the beginning a record of the sample may stand: rows up to there are read twice. */
const spreadRows = 100_000;

export interface SampleOptions {
  readonly job: VaultJob;
  readonly openCursor: () => Promise<RecordCursor>;
  /** Rows that are to be loaded; without an end while it is unknown: then only the beginning is looked at. */
  readonly extent: PositionRange;
  /** Records in the vault's table before anything is sent; undefined where it does not say. */
  readonly tableCount: number | undefined;
  readonly client: AskOptions['client'];
  readonly gate: AskOptions['gate'];
  readonly stopping: AbortSignal;
  readonly notice: (message: string) => void;
}

/** What the vault says of a sample: how many of its records stand there under their own tokens, how many tokens for other values. */
interface SampleHeld {
  readonly asked: number;
  readonly same: number;
  readonly other: number;
}

/**
 * Looks a sample of the records up before the first is sent. Throws `already_loaded` when the vault holds one of them under its
 * own token: another host, folder or run has loaded them; and `token_change` when an upsert may find values there under other
 * tokens, unless that is allowed. A vault that cannot be asked is said to be so, and the load goes on, unless a run is known to
 * have loaded the same query.
 */
export async function lookSampleUp(options: SampleOptions): Promise<void> {
  const { job, tableCount } = options;
  const { alreadyLoadedHint: hint } = job.delivery;
  if (hint !== undefined) {
    const held = await heldOf(options, 'whether it holds these records already');
    if (held !== undefined) assertNotHeld(held, options, hint);
  } else if (mayChangeTokens(job) && tableCount !== 0) {
    const held = await heldOf(options, 'whether it holds these values under other tokens');
    if (held !== undefined) assertSameTokens(held, options);
  }
}

/** An upsert that nobody has allowed to change tokens. What is suffixed is nowhere yet; a retry was looked at before. */
function mayChangeTokens({ skyflow, delivery, source }: VaultJob): boolean {
  const isSuffixed = delivery.suffixUnixSeconds !== undefined;
  return skyflow.upsert && !skyflow.allow_token_change && !isSuffixed && readerOf(source).wasRefused !== true;
}

function assertNotHeld(
  { asked, same, other }: SampleHeld,
  { job, notice }: SampleOptions,
  hint: string,
): void {
  if (same > 0) {
    throw new SuperviseError(
      'already_loaded',
      `vault ${job.vault.name}: ${formatCount(same)} of the ${formatCount(asked)} records that were looked up are in the vault already; nothing was sent`,
      { hint },
    );
  }
  if (other > 0) {
    notice(
      `the vault holds other values under ${formatCount(other)} of the ${formatCount(asked)} tokens that were looked up: check that each token stands beside its own value`,
    );
  }
}

function assertSameTokens({ asked, same }: SampleHeld, { job, tableCount, notice }: SampleOptions): void {
  if (same === asked) return;
  if (tableCount === undefined) {
    notice(
      'the vault does not say whether its table is empty: a value that is there under another token may get the one of the input; the load goes on without knowing',
    );
    return;
  }
  throw new SuperviseError(
    'token_change',
    `vault ${job.vault.name}: the table holds ${formatCount(tableCount)} records, and ${formatCount(asked - same)} of the ${formatCount(asked)} tokens that were looked up are not in it with their values; nothing was sent`,
    {
      hint:
        'A value that is there under another token would get the one of the input, and the old token would stand for nothing any more, or the vault keeps the old one and the record fails: ' +
        'which of the two, nothing public says; `qualify` asks a test vault. If that is right, say --allow-token-change. To insert only what is missing: --skip-existing instead of --upsert.',
    },
  );
}

/** Undefined: there is nothing to ask for, or the vault cannot be asked, which is said. */
async function heldOf(options: SampleOptions, what: string): Promise<SampleHeld | undefined> {
  const { job, client, gate, stopping, notice } = options;
  const sample = await drawSample(options);
  if (sample.tokens.length === 0) return undefined;
  const { name: vaultName } = job.vault;
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
    const { alreadyLoadedHint: hint, queryLoadedBy } = job.delivery;
    if (hint !== undefined && queryLoadedBy !== undefined) {
      throw new SuperviseError(
        'already_loaded',
        `vault ${vaultName}: the run ${queryLoadedBy} has loaded this query, and the vault cannot be asked ${what} (${answer.message}); nothing was sent`,
        { hint },
      );
    }
    notice(
      answer instanceof SuperviseError
        ? `the vault refuses the credential: it could not be asked ${what}`
        : `the vault cannot be asked ${what} (${answer.message}); the load goes on without knowing`,
    );
    return undefined;
  }
  // Where only existence is told, what is there counts as the same.
  const isSame = (value: string, at: number): boolean => !answer.showsValues || value === sample.values[at];
  const same = answer.held.filter((value, at) => value !== undefined && isSame(value, at)).length;
  const other = answer.held.filter((value, at) => value !== undefined && !isSame(value, at)).length;
  return { asked: sample.tokens.length, same, other };
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
