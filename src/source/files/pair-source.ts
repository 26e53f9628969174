import type { FilePieces } from '../fingerprints/piece-table.js';
import type { InputShape, RecordCursor, RecordSource, RowPlace, SourceInspection } from '../record-source.js';
import { PairCursor, type CellSlots } from './pair-cursor.js';
import { type RowPairs, assertEqualRows, assertRows, PairReader, readOn } from './pair-reader.js';
import { locateRow, type PartList, identifyParts } from './file-part.js';
import { PartSequence } from './part-sequence.js';
import type { OnBadLine } from './file-errors.js';
import type { FaultLimits, FileFaults } from './file-faults.js';
import type { OpenPart } from './row-reader.js';
import { Survey } from './survey.js';
import { assertParts, noteParts, weighParts } from './weigh-parts.js';
import { SuperviseError } from '../../errors/supervise-error.js';

/** The files of one column, or of both, and who reads them. */
export interface ColumnFiles {
  readonly list: PartList;
  /**
   * For the `pass`, blocks have the key in slot 0, if there is one, and nothing else. For the `survey`, which is a pass
   * too, and for the `load` they have the value or token in slot 0; in slot 1 the key, or, of files of both columns, the
   * token.
   */
  readonly opener: (purpose: Purpose, signal: AbortSignal, onBadLine?: OnBadLine) => OpenPart;
}

/** What files are read for; a pass looks for what is hardly meant. */
type Purpose = 'pass' | 'survey' | 'load';

interface PairSourceOptions {
  readonly vaultName: string;
  readonly data: ColumnFiles;
  /** Undefined when the data files hold both columns. */
  readonly tokens: ColumnFiles | undefined;
  /** Whether both have a key that must be the same in every row. */
  readonly isKeyed: boolean;
  /** Reads all files whole before the first record: row counts, every row's form, fingerprints. */
  readonly precount: boolean;
  /** A batch is closed before its values and tokens are larger. */
  readonly maxBatchBytes?: number | undefined;
}

/**
 * The records of files in pairs, or of files with both columns. Nothing is opened before a method is called; what is
 * read is what `inspect` has seen, or it is an `input_changed`. Throws `source` for parts that do not go together.
 */
export class PairSource implements RecordSource {
  readonly #options: PairSourceOptions;

  constructor(options: PairSourceOptions) {
    this.#options = options;
    const { vaultName, data, tokens } = options;
    if (tokens !== undefined) assertParts(vaultName, data.list, tokens.list, options);
  }

  inspect(signal: AbortSignal): Promise<SourceInspection> {
    const { isKeyed } = this.#options;
    return inspectPair({ ...this.#options, keySlot: isKeyed ? 0 : undefined }, this.#read('pass'), signal);
  }

  async survey(signal: AbortSignal): Promise<{ inspection: SourceInspection; shape: InputShape }> {
    const survey = new Survey();
    const { key: keySlot, ...cells } = this.#slots;
    const options = { ...this.#options, keySlot, onPairs: (pairs: RowPairs) => survey.add(pairs, cells) };
    const inspection = await inspectPair(options, this.#read('survey'), signal);
    return { inspection, shape: survey.shape };
  }

  async open(signal: AbortSignal): Promise<RecordCursor> {
    const { vaultName, maxBatchBytes } = this.#options;
    const sequences = this.#files.map((files) => read(files, 'load', signal));
    const [data, tokens] = sequences;
    if (data === undefined) throw new RangeError('a source has files');
    try {
      await doEach(sequences.map((sequence) => () => sequence.begin()));
    } catch (error) {
      await Promise.all(sequences.map((sequence) => sequence.close()));
      throw error;
    }
    return new PairCursor({ vaultName, data, tokens, slots: this.#slots, maxBatchBytes });
  }

  /** What is wrong with each file by itself; none where the pairing alone is. */
  async faults(limits: FaultLimits, signal: AbortSignal): Promise<readonly FileFaults[]> {
    // A check asks for them, and no load.
    const { findFaults } = await import('./file-faults.js');
    const each = await Promise.all(
      this.#files.map(({ list, opener }) =>
        findFaults(list, (onBadLine) => opener('survey', signal, onBadLine), { ...limits, signal }),
      ),
    );
    return each.flat();
  }

  locate(position: number): RowPlace | undefined {
    // In files alone rows have the numbers of their positions.
    if (this.#files.every(({ list }) => list.parts[0].number === undefined)) return undefined;
    const [data, tokens] = this.#files.map(({ list }) => locateRow(list, position));
    return data && { data, tokens };
  }

  pieces(): readonly FilePieces[] {
    return this.#files.flatMap(({ list: { role, parts } }) =>
      parts.map(({ path, table }) => table.record(role, path)),
    );
  }

  #read(purpose: Purpose): PassedFiles[] {
    return this.#files.map((files) => ({
      list: files.list,
      read: (signal) => read(files, purpose, signal),
    }));
  }

  get #slots(): CellSlots {
    const { tokens, isKeyed } = this.#options;
    return tokens === undefined
      ? { value: 0, token: 1 }
      : { value: 0, token: 0, key: isKeyed ? 1 : undefined };
  }

  get #files(): readonly ColumnFiles[] {
    const { data, tokens } = this.#options;
    return tokens === undefined ? [data] : [data, tokens];
  }
}

function read({ list, opener }: ColumnFiles, purpose: Purpose, signal: AbortSignal): PartSequence {
  return new PartSequence(list, { open: opener(purpose, signal), signal });
}

/** The files of a column, to be read by the pass. */
interface PassedFiles {
  readonly list: PartList;
  readonly read: (signal: AbortSignal) => PartSequence;
}

interface PassOptions {
  readonly vaultName: string;
  readonly precount: boolean;
  /** The slot of a key that must be the same in every row of both files. */
  readonly keySlot: number | undefined;
  /** Whether all rows are asked for in pairs, and who is shown them. */
  readonly onPairs?: ((pairs: RowPairs) => void) | undefined;
}

/**
 * The pass over the files before the first record, with the reader that will read them, so that it finds what
 * reading would find. Without `precount` it looks at no more than files and headers.
 */
async function inspectPair(
  options: PassOptions,
  files: readonly PassedFiles[],
  signal: AbortSignal,
): Promise<SourceInspection> {
  const { precount } = options;
  const lists = files.map(({ list }) => list);
  const sequences = files.map(({ read }) => read(signal));
  try {
    await doEach(sequences.map((sequence) => () => (precount ? sequence.begin() : sequence.openEach())));
    if (precount) await readAll(options, sequences);
    return {
      rows: precount ? sequences[0]?.rows : undefined,
      inputs: lists.flatMap((list) => identifyParts(list, { precount })),
      notes: lists.flatMap((list) => noteParts(list)),
      warnings: precount
        ? [
            ...sequences.flatMap(({ warnings }) => warnings),
            ...weighParts(lists, { isKeyed: options.keySlot !== undefined }),
          ]
        : [],
    };
  } finally {
    await Promise.all(sequences.map((sequence) => sequence.close()));
  }
}

/** What is wrong with one file does not keep what is wrong with the other from being told. */
async function readAll(
  { vaultName, keySlot, onPairs }: PassOptions,
  [data, tokens]: readonly PartSequence[],
): Promise<void> {
  if (data === undefined) return;
  if (keySlot !== undefined || onPairs !== undefined) {
    const reader = new PairReader({ vaultName, data, tokens, keySlot });
    try {
      let pairs: RowPairs | undefined;
      while ((pairs = reader.nextNow() ?? (await reader.next())) !== undefined) onPairs?.(pairs);
    } catch (error) {
      const both = tokens === undefined ? [data] : [data, tokens];
      const others = both.filter((one) => one !== reader.failed);
      const again = (): never => {
        throw error;
      };
      await doEach([again, ...others.map((one) => () => readOn(one))]);
    }
  } else if (tokens === undefined) {
    await readOn(data);
    assertRows(data);
  } else {
    const reading = [data, tokens].map((sequence) => readOn(sequence));
    // Neither is left while it is reading, or it would open what nobody closes.
    await Promise.allSettled(reading);
    await doEach(reading.map((read) => () => read));
    assertEqualRows(vaultName, data, tokens);
  }
}

/** Does all of it, one after the other, also when one fails; throws what failed, together. */
async function doEach(work: readonly (() => Promise<void> | void)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const one of work) {
    try {
      await one();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw asOneError(errors);
}

/** One error that tells what each of these does; what is no error for people stands for all. */
function asOneError(errors: readonly unknown[]): unknown {
  const told = new Map<string, SuperviseError>();
  for (const error of errors) {
    if (!(error instanceof SuperviseError)) return error;
    if (!told.has(error.message)) told.set(error.message, error);
  }
  const [first, ...others] = told.values();
  if (first === undefined || others.length === 0) return first;
  const hints = new Set([...told.values()].flatMap(({ hint }) => hint ?? []));
  return new SuperviseError(first.code, [...told.keys()].join('; '), {
    hint: hints.size === 0 ? undefined : [...hints].join(' '),
    cause: first,
  });
}
