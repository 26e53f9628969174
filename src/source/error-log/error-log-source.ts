import { SuperviseError } from '../../errors/supervise-error.js';
import { RecordOpener, type OpenerKeys, type RowLookup } from '../../privacy/record-opener.js';
import type { Fingerprints } from '../fingerprints/fingerprints.js';
import { PieceTable } from '../fingerprints/piece-table.js';
import type { InputIdentity, RecordCursor, RecordSource, SourceInspection } from '../record-source.js';
import { analyseErrorLog, type ErrorLogAnalysis } from './analyse-error-log.js';
import { ErrorLogCursor, type InspectedLog } from './error-log-cursor.js';
import { type RunOrigin, isOf, type WantedVault } from './error-log-settings.js';
import type { Standing } from '../../error-log/failure-reasons.js';
import { NONE_STANDING, STANDINGS } from './standing-of.js';

export interface ErrorLogSourceOptions extends OpenerKeys {
  /** Whose records are wanted; entries of other vaults and tables are passed over. */
  readonly vault: WantedVault;
  /** In the order in which they are read; the fingerprint is of what each held when it was chosen. */
  readonly files: readonly { readonly path: string; readonly fingerprint: string }[];
  /** Of the run that chose them. */
  readonly fingerprints: Fingerprints;
  /** A batch is closed before its values and tokens are larger. */
  readonly maxBatchBytes?: number | undefined;
  /** Where runs that wrote redacted records had them from, */
  readonly origins?: readonly RunOrigin[] | undefined;
  /** and how they are read again; absent: none is redacted. */
  readonly readAgain?:
    ((origins: readonly RunOrigin[], keys: OpenerKeys, signal: AbortSignal) => RowLookup) | undefined;
}

/**
 * The failed records of one vault in error logs, of any size. Positions count the vault's records over all files:
 * first those that are certainly not in the vault, then, as `inspection.doubtful`, those that may be, as
 * `inspection.repeated` those of them whose tokens are not theirs alone, and last, as `inspection.mismatched`, those that
 * may stand under tokens of its own; the two overlap. So what has to be looked up is a range however
 * the logs mix them, and costs no memory.
 *
 * Nothing is opened before a method is called. A file that is not what it was is an `input_changed`.
 */
export function openErrorLogSource(options: ErrorLogSourceOptions): RecordSource {
  return new ErrorLogSource(options);
}

const noneAgain = (): RowLookup => () => Promise.resolve(new Map());

class ErrorLogSource implements RecordSource {
  readonly #options: ErrorLogSourceOptions;
  #inspected:
    | { readonly logs: readonly InspectedLog[]; readonly counts: Readonly<Record<Standing, number>> }
    | undefined;

  constructor(options: ErrorLogSourceOptions) {
    this.#options = options;
  }

  async inspect(signal: AbortSignal): Promise<SourceInspection> {
    const logs: InspectedLog[] = [];
    const inputs: InputIdentity[] = [];
    const counts = { ...NONE_STANDING };
    for (const [at, { path, fingerprint }] of this.#options.files.entries()) {
      const table = new PieceTable({ whole: 'sha256' });
      const analysis = await analyseErrorLog(path, signal, table);
      if (!this.#options.fingerprints.isOf(fingerprint, analysis.sha256)) {
        throw changed(path, 'its content differs');
      }
      const rows = this.#countOwn(analysis, counts);
      const { sizeBytes, modifiedAt } = analysis;
      logs.push({ path, table });
      inputs.push({
        role: `error log ${at + 1}`,
        name: path,
        sizeBytes,
        modifiedAt,
        rows,
        fingerprint,
      });
    }
    const { absent, doubtful, foreign } = counts;
    const notAlone = counts.repeated + counts.foreign_repeated;
    const mayBeForeign = counts.foreign_repeated + foreign;
    const rows = absent + doubtful + notAlone + foreign;
    const inspection = {
      rows,
      inputs,
      ...(doubtful === 0 ? {} : { doubtful: { start: absent, end: absent + doubtful } }),
      ...(notAlone === 0 ? {} : { repeated: { start: absent + doubtful, end: rows - foreign } }),
      ...(mayBeForeign === 0 ? {} : { mismatched: { start: rows - mayBeForeign, end: rows } }),
    };
    this.#inspected = { logs, counts };
    return inspection;
  }

  async open(signal: AbortSignal): Promise<RecordCursor> {
    if (this.#inspected === undefined) await this.inspect(signal);
    const { readAgain = noneAgain, origins = [] } = this.#options;
    const { logs, counts } = this.#inspected ?? { logs: [], counts: NONE_STANDING };
    return new ErrorLogCursor({
      vault: this.#options.vault,
      logs,
      maxBatchBytes: this.#options.maxBatchBytes,
      counts,
      opener: await RecordOpener.create(this.#options, readAgain(origins, this.#options, signal)),
      signal,
    });
  }

  /** Adds the vault's own records to `counts`, and says how many they are. */
  #countOwn({ vaults }: ErrorLogAnalysis, counts: Record<Standing, number>): number {
    let own = 0;
    for (const { vault, records, byStanding } of vaults) {
      if (!isOf(this.#options.vault, vault)) continue;
      own += records;
      for (const standing of STANDINGS) counts[standing] += byStanding[standing];
    }
    return own;
  }
}

function changed(path: string, how: string): SuperviseError {
  return new SuperviseError(
    'input_changed',
    `the error log ${path} is not what this run began with: ${how}`,
    {
      hint: 'Put the old file back and resume, or retry the new one.',
    },
  );
}
