import { SuperviseError } from '../../src/errors/supervise-error.js';
import { pageRecords, type StoreAnswer, type StoredRecords } from '../../src/vault/stored-records.js';
import { patiently, realClock, type RetryClock } from './patiently.js';

export interface DeletePagesOptions {
  readonly records: Pick<StoredRecords, 'page' | 'remove'>;
  readonly fetchWorkers: number;
  readonly deleteWorkers: number;
  readonly deleteBatchSize: number;
  /** Infinity: all of them. */
  readonly maxRecords: number;
  /** From then on nothing new is asked for. */
  readonly stopping: AbortSignal;
  /** Cuts what is on its way. */
  readonly aborting: AbortSignal;
  readonly onDeleted: (count: number) => void;
  /** Of records that are gone already; absent: they count as deleted. */
  readonly onGone?: ((count: number) => void) | undefined;
  readonly onRetry: (message: string, delayMs: number) => void;
  readonly clock?: RetryClock | undefined;
}

/** How often pages may show nothing but records that are deleted already. */
const maxStaleRounds = 5;
const staleDelayMs = 2_000;

/**
 * Deletes a table's records page by page, until none is left or so many are deleted. In rounds: a page for every
 * fetching worker, read at the same time, then what they hold, deleted at the same time. While a round reads nothing
 * is deleted, so that offsets mean what they say. Throws a SuperviseError when the vault refuses.
 */
export async function deletePages(options: DeletePagesOptions): Promise<void> {
  const { maxRecords, stopping, clock = realClock } = options;
  let left = maxRecords;
  let before = new Set<string>();
  let staleRounds = 0;
  while (left > 0) {
    stopping.throwIfAborted();
    const found = await readRound(options, Math.ceil(left / pageRecords));
    const ids = found.filter((id) => !before.has(id)).slice(0, left);
    if (found.length === 0) return;
    if (ids.length === 0) {
      staleRounds += 1;
      if (staleRounds > maxStaleRounds) {
        throw new SuperviseError('unavailable', 'the vault goes on showing records that it has deleted', {
          hint: 'Wait a while, then clear again.',
        });
      }
      await clock.sleep(staleDelayMs, stopping);
      continue;
    }
    staleRounds = 0;
    await deleteAll(ids, options);
    left -= ids.length;
    before = new Set(found);
  }
}

async function readRound(options: DeletePagesOptions, pagesWanted: number): Promise<string[]> {
  const { records, fetchWorkers, stopping } = options;
  const pages = await Promise.all(
    Array.from({ length: Math.min(fetchWorkers, pagesWanted) }, async (_, page) =>
      accepted(
        await patiently(() => records.page(page * pageRecords, { signal: stopping }), {
          ...options,
          signal: stopping,
        }),
        'read',
      ),
    ),
  );
  return [...new Set(pages.flat())];
}

/** Deletes records by their ids, by many workers; one that is gone already counts as deleted. */
export async function deleteAll(
  ids: readonly string[],
  options: Omit<DeletePagesOptions, 'fetchWorkers' | 'maxRecords'>,
): Promise<void> {
  const { deleteBatchSize, deleteWorkers, stopping } = options;
  let next = 0;
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (failures.length === 0 && !stopping.aborted) {
      const batch = ids.slice(next, next + deleteBatchSize);
      next += batch.length;
      if (batch.length === 0) return;
      try {
        await deleteBatch(batch, options);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: deleteWorkers }, worker));
  if (failures.length > 0) throw failures[0];
  stopping.throwIfAborted();
}

/** A batch of which one is gone already, or that is too large, is divided. */
async function deleteBatch(
  ids: readonly string[],
  options: Omit<DeletePagesOptions, 'fetchWorkers' | 'maxRecords'>,
): Promise<void> {
  const { records, aborting, onDeleted, onGone = onDeleted } = options;
  const answer = await patiently(() => records.remove(ids, { signal: aborting }), {
    ...options,
    signal: options.stopping,
  });
  if (answer.kind === 'done') {
    onDeleted(ids.length);
    return;
  }
  const isGone = answer.status === 404;
  if (ids.length > 1 && (isGone || answer.verdict === 'too_large' || answer.verdict === 'refused')) {
    const half = Math.ceil(ids.length / 2);
    await deleteBatch(ids.slice(0, half), options);
    await deleteBatch(ids.slice(half), options);
    return;
  }
  // Deleted by an attempt whose answer was lost, or by somebody else.
  if (isGone) onGone(ids.length);
  else accepted(answer, 'delete');
}

/** What was answered; a refusal throws. */
export function accepted<T>(answer: StoreAnswer<T>, doing: 'read' | 'delete'): T {
  if (answer.kind === 'done') return answer.value;
  const { status, message } = answer;
  const where = status === undefined ? '' : `HTTP ${status}, `;
  const denied = `the credential may not ${doing} records here`;
  switch (status) {
    case 401:
      throw new SuperviseError('unauthorized', `${where}the credential was refused: ${message}`);
    case 403:
      throw new SuperviseError('forbidden', `${where}${denied}: ${message}`, {
        hint: `Give the credential a role with ${doing} on this vault and table.`,
      });
    case 404:
      throw new SuperviseError('not_found', `${where}no such vault or table: ${message}`, {
        hint: 'Check the vault id, the table and skyflow.vault_url.',
      });
    default:
      throw new SuperviseError('unavailable', `${where}the vault does not ${doing} records: ${message}`);
  }
}
