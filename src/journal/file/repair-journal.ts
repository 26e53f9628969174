import { rename } from 'node:fs/promises';
import { systemCode } from '../../errors/supervise-error.js';
import type { PositionRange } from '../../record/batch.js';
import type { PositionSet } from '../../record/range-set.js';
import { adoptErrorLog, type AdoptedLog } from './adopt-error-log.js';
import { DurableFile, syncFolder } from '../durable-file.js';
import { JournalChain } from '../journal-chain.js';
import { JournalHead, readHead } from './journal-head.js';
import type { WritableLine } from '../journal-line.js';
import { formatFileLine, type FileLine } from './file-line.js';
import type { LogMark } from './log-checksum.js';
import type { LedgerHeader } from '../ledger-contract.js';
import { errorLogFile, headFile } from './run-files.js';
import { LedgerState } from '../ledger-state.js';
import { salvageLines } from './salvage-journal.js';
import { DamageError, orStorageError, storageError } from '../storage-error.js';

export interface RepairOptions {
  readonly header: LedgerHeader;
  /** The journal and its head hold, but are older than what is known: they do not say how far the run had got. */
  readonly hasForgotten: boolean;
  /** The positions that the ledger may have a say in: what another shard's journal proves is not its. */
  readonly rows: PositionRange;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts a damaged ledger together again from its remains, under its lock: a new journal, in which is settled what an
 * intact line or the error log proves, and in doubt every other row that may have been sent. The damaged files are
 * kept beside it as `….damaged-<time>`. A crash on the way leaves damage, which is repaired in the same manner.
 */
export async function repairJournal(journal: string, options: RepairOptions): Promise<void> {
  const { header, rows } = options;
  const lines = () => ownLines(journal, options);
  const at = new Date();
  const aside = `damaged-${at.toISOString().replace(/[-:]/g, '').slice(0, 15)}`;
  const errorLog = errorLogFile(journal, header);
  const adopted = await adoptErrorLog(errorLog, { ...header, rows }, lines(), `${errorLog}.${aside}`);
  const head = await readHead(headFile(journal)).catch((error: unknown) => {
    if (error instanceof DamageError) return undefined;
    throw error;
  });

  let inputs: WritableLine | undefined;
  let query: WritableLine | undefined;
  let extent: WritableLine | undefined;
  let knownTo = Math.max(0, ...[...adopted.failed].slice(-1).map(({ end }) => end));
  let isBounded = head !== undefined && !options.hasForgotten;
  for await (const { line } of lines()) {
    if (line.kind === 'inputs') inputs = line;
    if (line.kind === 'query') query = line;
    if (line.kind === 'extent') extent = line;
    if (line.kind === 'repair' && line.sentBelow === undefined) isBounded = false;
    if (line.kind === 'reserve' || line.kind === 'settle') knownTo = Math.max(knownTo, line.range.end);
  }
  const reservedTo = Math.max(knownTo, isBounded ? (head?.reservedTo ?? 0) : 0);

  const rebuilt = await Rebuilt.begin(`${journal}.new`, adopted.mark);
  try {
    rebuilt.write({ kind: 'header', header });
    if (inputs !== undefined) rebuilt.write(inputs);
    if (query !== undefined) rebuilt.write(query);
    if (extent !== undefined) rebuilt.write(extent);
    rebuilt.write({
      kind: 'repair',
      at: at.toISOString(),
      sentBelow: isBounded ? reservedTo : undefined,
      entries: adopted.entries,
      failed: adopted.failed.size,
    });
    if (reservedTo > rows.start)
      rebuilt.write({ kind: 'reserve', range: { start: rows.start, end: reservedTo }, ahead: false });
    for await (const { line } of lines()) {
      // What failed has to stand in the error log: a line that says more than it is no proof.
      if (line.kind !== 'settle' || countIn(adopted.failed, line.range) !== line.failed) continue;
      rebuilt.writeIfFits({ ...line, entries: 0 });
    }
    rebuilt.settleFailures(adopted);
    await rebuilt.finish();
  } finally {
    await rebuilt.close();
  }
  await keepAside(journal, `${journal}.${aside}`);
  await orStorageError('create', journal, rename(`${journal}.new`, journal));
  await syncFolder(journal);
  await (await JournalHead.create(headFile(journal), rebuilt.mark, reservedTo)).close();
}

/** The intact lines that are about rows of this ledger, or about none. */
async function* ownLines(journal: string, { header, rows, signal }: RepairOptions): AsyncGenerator<FileLine> {
  for await (const found of salvageLines(journal, header, signal)) {
    const { line } = found;
    const start = 'range' in line ? line.range.start : line.kind === 'extent' ? line.start : rows.start;
    if (start >= rows.start && start < rows.end) yield found;
  }
}

const FLUSH_CHARACTERS = 1 << 20;

/** A new journal in the making. */
class Rebuilt {
  readonly #file: DurableFile;
  readonly #chain = new JournalChain();
  readonly #state = new LedgerState();
  readonly #log: LogMark;
  #text = '';

  private constructor(file: DurableFile, log: LogMark) {
    this.#file = file;
    this.#log = log;
  }

  static async begin(path: string, log: LogMark): Promise<Rebuilt> {
    return new Rebuilt(await DurableFile.open(path, 'w+'), log);
  }

  get mark() {
    return this.#chain.mark;
  }

  write(line: WritableLine): void {
    this.#state.apply(line);
    this.#text += this.#chain.seal(formatFileLine(line, this.#log));
    if (this.#text.length > FLUSH_CHARACTERS) this.#flush();
  }

  writeIfFits(line: WritableLine): void {
    if (this.#state.objection(line) === undefined) this.write(line);
  }

  /** What stands in the error log and in no line. */
  settleFailures({ failed, held }: AdoptedLog): void {
    for (const range of failed.subtract(this.#state.settled)) {
      this.write({
        ...{ kind: 'settle', range, uploaded: 0, confirmed: 0, skipped: {}, entries: 0 },
        failed: range.end - range.start,
        held: countIn(held, range),
      });
    }
  }

  async finish(): Promise<void> {
    this.#flush();
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #flush(): void {
    this.#file.append(this.#text);
    this.#text = '';
  }
}

function countIn(positions: PositionSet, range: PositionRange): number {
  const missing = positions.gaps(range).reduce((sum, { start, end }) => sum + end - start, 0);
  return range.end - range.start - missing;
}

async function keepAside(file: string, name: string): Promise<void> {
  try {
    await rename(file, name);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw storageError('keep', file, error);
  }
}
