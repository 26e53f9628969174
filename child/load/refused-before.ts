import { readerOf } from '../../src/source/source-kinds.js';
import type { Ledger } from '../../src/journal/ledger.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { recordPositions, type Batch } from '../../src/record/batch.js';
import { RangeSet } from '../../src/record/range-set.js';
import type { SourceInspection } from '../../src/source/record-source.js';
import { askOnce } from '../doubt/ask-vault.js';
import type { LookBeforeOptions } from './look-before-first.js';

/** Whether the vault has refused the records of a job before: because others have their tokens, it may be. */
export function wereRefused({ source, skyflow }: VaultJob): boolean {
  return readerOf(source).wasRefused === true && !skyflow.upsert;
}

/**
 * Before records are sent that were refused: those of them whose tokens the vault holds, or may hold, which are others'. None of
 * these is taken for uploaded later because its token is found. That the rest brought theirs is noted before they are sent.
 */
export async function findShared(
  batch: Batch,
  { client, gate, stop, ledger }: Pick<LookBeforeOptions, 'client' | 'gate' | 'stop' | 'ledger'>,
): Promise<RangeSet> {
  const answer = await askOnce(batch, { client, gate, stopping: stop.stopping });
  const alone = recordPositions(batch).filter(
    (_, at) => answer.kind === 'found' && answer.held[at] === undefined,
  );
  const ranges = new RangeSet(alone.map((start) => ({ start, end: start + 1 })));
  await ledger.noteDoubt('alone', ranges);
  return new RangeSet([batch]).subtract(ranges);
}

/** The same of rows that an earlier session of the run may have sent: those of which it noted nothing. */
export function sharedBefore(
  ledger: Pick<Ledger, 'inDoubt' | 'alone'>,
  { doubtful, repeated, mismatched }: Pick<SourceInspection, 'doubtful' | 'repeated' | 'mismatched'>,
): RangeSet {
  const others = doubtful ?? repeated ?? mismatched;
  const refused = new RangeSet(ledger.inDoubt).subtract(ledger.alone);
  return others === undefined
    ? refused
    : refused.subtract(new RangeSet([{ start: others.start, end: Number.MAX_SAFE_INTEGER }]));
}
