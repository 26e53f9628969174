import { SuperviseError } from '../../src/errors/supervise-error.js';
import { recordPositions, type Batch, type SkippedRow } from '../../src/record/batch.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { Part } from '../deliver/part.js';

/**
 * What of a batch is to be sent where only missing records are inserted: what the vault holds already counts as
 * skipped, a record whose token stands for another value as failed. Throws `forbidden` where the vault cannot be
 * asked: without knowing nothing is sent.
 */
export async function skipExisting(
  batch: Batch,
  options: { readonly vaultName: string; readonly ask: (records: RecordColumns) => Promise<LookupAnswer> },
): Promise<Part> {
  if (batch.values.length === 0) return new Part(batch, { mayBeInVault: false });
  const answer = await options.ask(batch);
  if (answer.kind === 'unanswered') {
    throw new SuperviseError(
      'forbidden',
      `vault ${options.vaultName}: the vault cannot be asked which records it holds: ${answer.message}`,
      {
        hint: 'skip_existing needs a credential that may detokenize: skyflow.lookup_bearer_token or lookup_credentials_file, where it is another one. Then go on with `resume`.',
      },
    );
  }
  const positions = recordPositions(batch);
  const isThere = (at: number): boolean =>
    answer.held[at] !== undefined && (!answer.showsValues || answer.held[at] === batch.values[at]);
  const there = positions.flatMap((position, at): SkippedRow[] =>
    isThere(at) ? [{ position, reason: 'already_there' }] : [],
  );
  const missing = (_: string, at: number): boolean => !isThere(at);
  const held = answer.held.filter((_, at) => !isThere(at));
  const part = new Part(
    {
      ...batch,
      values: batch.values.filter(missing),
      tokens: batch.tokens.filter(missing),
      skipped: [...batch.skipped, ...there].sort((one, other) => one.position - other.position),
    },
    { mayBeInVault: false },
  );
  part.judgeOpen((index) =>
    held[index] === undefined
      ? 'open'
      : {
          reason: 'token_conflict',
          message: 'the vault holds another value under this token',
          status: undefined,
          requestId: undefined,
        },
  );
  return part;
}
