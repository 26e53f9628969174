import { SuperviseError } from '../../errors/supervise-error.js';
import type { OpenerKeys, RowLookup } from '../../privacy/record-opener.js';
import type { Pair } from '../../privacy/sealed-records.js';
import { createSuffixer } from '../../record/append-suffix.js';
import { recordPositions } from '../../record/batch.js';
import { RangeSet } from '../../record/range-set.js';
import { Fingerprints } from '../fingerprints/fingerprints.js';
import { KnownPieces } from '../fingerprints/piece-table.js';
import type { RecordSource } from '../record-source.js';
import { assertSameInputs } from '../same-inputs.js';
import type { RunOrigin } from './error-log-settings.js';

const readRows = 10_000;

/**
 * Reads rows of earlier runs' sources again, as they were sent. A retry of a retry goes back through the logs to the
 * files. A source is looked over before its first row is read; one that has changed is an `input_changed`.
 */
export function createRowLookup(
  origins: readonly RunOrigin[],
  keys: OpenerKeys,
  signal: AbortSignal,
): RowLookup {
  const opened = new Map<string, Promise<RecordSource>>();
  return async (run, positions) => {
    const origin = origins.find((candidate) => candidate.run === run);
    if (origin === undefined) {
      throw new SuperviseError(
        'config',
        `the records of run ${run} are redacted, and its source is not known`,
      );
    }
    const source = opened.get(run) ?? openOrigin(origin, origins, keys, signal);
    opened.set(run, source);
    return readPositions(await source, origin, positions, signal);
  };
}

async function openOrigin(
  { source, vault, inputs, run, fingerprintKey }: RunOrigin,
  origins: readonly RunOrigin[],
  keys: OpenerKeys,
  signal: AbortSignal,
): Promise<RecordSource> {
  const fingerprints = Fingerprints.of(fingerprintKey);
  const opened =
    source.kind === 'csv'
      ? (await import('../csv/csv-source.js')).openVaultFiles(vault.name, source, {
          known: new KnownPieces(fingerprints, [], inputs),
        })
      : (await import('./error-log-source.js')).openErrorLogSource({
          ...keys,
          ...source,
          vault,
          fingerprints,
          origins,
          readAgain: createRowLookup,
        });
  assertSameInputs({ inputs }, await opened.inspect(signal), `run ${run}`);
  return opened;
}

async function readPositions(
  source: RecordSource,
  { run, vault, suffixUnixSeconds }: RunOrigin,
  positions: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<Map<number, Pair>> {
  const wanted = new RangeSet();
  for (const start of [...positions].sort((a, b) => a - b)) wanted.add({ start, end: start + 1 });
  const suffix =
    suffixUnixSeconds === undefined
      ? undefined
      : createSuffixer({ runId: run, vaultName: vault.name, unixSeconds: suffixUnixSeconds });
  const found = new Map<number, Pair>();
  const cursor = await source.open(signal);
  try {
    for (const { start, end } of wanted) {
      for (let at = start; at < end;) {
        const batch = await cursor.read({ start: at, end }, readRows);
        if (batch === undefined) break;
        for (const [index, position] of recordPositions(batch).entries()) {
          const added = suffix?.(position) ?? { value: '', token: '' };
          found.set(position, {
            value: `${batch.values[index] ?? ''}${added.value}`,
            token: `${batch.tokens[index] ?? ''}${added.token}`,
          });
        }
        at = batch.end;
      }
    }
  } finally {
    await cursor.close();
  }
  return found;
}
