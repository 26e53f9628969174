import type { SourceInspection } from '../record-source.js';
import { identifyParts, type PartList } from './file-part.js';
import type { PartSequence } from './part-sequence.js';
import { assertEqualRows, assertRows, PairReader, readOn, type RowPairs } from './pair-reader.js';
import { noteParts, weighParts } from './weigh-parts.js';

/** The files of a column, to be read by the pass. */
export interface PassedFiles {
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
export async function inspectPair(
  options: PassOptions,
  files: readonly PassedFiles[],
  signal: AbortSignal,
): Promise<SourceInspection> {
  const { precount } = options;
  const lists = files.map(({ list }) => list);
  // One file's failure ends the reading of the other, which may be long.
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const sequences = files.map(({ read }) => read(either));
  try {
    for (const sequence of sequences) await (precount ? sequence.begin() : sequence.openEach());
    if (precount) await readAll(options, sequences, failure);
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

async function readAll(
  { vaultName, keySlot, onPairs }: PassOptions,
  [data, tokens]: readonly PartSequence[],
  failure: AbortController,
): Promise<void> {
  if (data === undefined) return;
  if (keySlot !== undefined || onPairs !== undefined) {
    const reader = new PairReader({ vaultName, data, tokens, keySlot });
    for (let pairs = await reader.next(); pairs !== undefined; pairs = await reader.next()) onPairs?.(pairs);
  } else if (tokens === undefined) {
    await readOn(data);
    assertRows(data);
  } else {
    // Neither is left while it is reading, or it would open what nobody closes.
    const fail = (error: unknown): void => failure.abort(error);
    await Promise.all([readOn(data).catch(fail), readOn(tokens).catch(fail)]);
    failure.signal.throwIfAborted();
    assertEqualRows(vaultName, data, tokens);
  }
}
