import { SuperviseError } from '../../errors/supervise-error.js';
import { RecordOpener, type OpenerKeys } from '../../privacy/record-opener.js';
import { PieceTable } from '../pieces/piece-table.js';
import type { InputIdentity, RecordCursor, RecordSource, SourceInspection } from '../record-source.js';
import { analyseErrorLog, type ErrorLogAnalysis } from './analyse-error-log.js';
import { ErrorLogCursor, type InspectedLog } from './error-log-cursor.js';
import { createRowLookup, type RunOrigin } from './origin-rows.js';
import { isOf, type WantedVault } from './wanted-vault.js';

export interface ErrorLogSourceOptions extends OpenerKeys {
  /** Whose records are wanted; entries of other vaults and tables are passed over. */
  readonly vault: WantedVault;
  /** In the order in which they are read; `sha256` is what each held when it was chosen. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** Where runs that wrote redacted records had them from. */
  readonly origins?: readonly RunOrigin[] | undefined;
}

/**
 * The failed records of one vault in error logs, of any size. Positions count the vault's records over all files:
 * first those that are certainly not in the vault, then, as `inspection.doubtful`, those that may be. So what has to
 * be looked up is one range however the logs mix them, and costs no memory.
 *
 * Nothing is opened before a method is called. A file that is not what it was is an `input_changed`.
 */
export function openErrorLogSource(options: ErrorLogSourceOptions): RecordSource {
  return new ErrorLogSource(options);
}

class ErrorLogSource implements RecordSource {
  readonly #options: ErrorLogSourceOptions;
  #inspected: { readonly logs: readonly InspectedLog[]; readonly inspection: SourceInspection } | undefined;

  constructor(options: ErrorLogSourceOptions) {
    this.#options = options;
  }

  async inspect(signal: AbortSignal): Promise<SourceInspection> {
    const logs: InspectedLog[] = [];
    const inputs: InputIdentity[] = [];
    let rows = 0;
    let doubtful = 0;
    for (const [at, { path, sha256 }] of this.#options.files.entries()) {
      const table = new PieceTable({ whole: true });
      const analysis = await analyseErrorLog(path, signal, table);
      if (analysis.sha256 !== sha256) throw changed(path, 'its content differs');
      const own = this.#countOwn(analysis);
      rows += own.records;
      doubtful += own.mayBeInVault;
      const { sizeBytes, modifiedAt } = analysis;
      logs.push({ path, table });
      inputs.push({
        role: `error log ${at + 1}`,
        name: path,
        sizeBytes,
        modifiedAt,
        rows: own.records,
        sha256,
      });
    }
    const inspection = {
      rows,
      inputs,
      ...(doubtful === 0 ? {} : { doubtful: { start: rows - doubtful, end: rows } }),
    };
    this.#inspected = { logs, inspection };
    return inspection;
  }

  async open(signal: AbortSignal): Promise<RecordCursor> {
    if (this.#inspected === undefined) await this.inspect(signal);
    const { logs, inspection } = this.#inspected ?? {
      logs: [],
      inspection: { rows: 0, doubtful: undefined },
    };
    return new ErrorLogCursor({
      vault: this.#options.vault,
      logs,
      firstDoubtful: inspection.doubtful?.start ?? inspection.rows ?? 0,
      opener: await RecordOpener.create(
        this.#options,
        createRowLookup(this.#options.origins ?? [], this.#options, signal),
      ),
      signal,
    });
  }

  #countOwn({ vaults }: ErrorLogAnalysis): { records: number; mayBeInVault: number } {
    const own = { records: 0, mayBeInVault: 0 };
    for (const { vault, records, mayBeInVault } of vaults) {
      if (!isOf(this.#options.vault, vault)) continue;
      own.records += records;
      own.mayBeInVault += mayBeInVault;
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
