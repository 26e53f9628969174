import { RangeSet, type PositionSet } from '../record/range-set.js';
import { idFiles, readIdBlocks } from './id-file.js';

/** How many records of a vault a run has kept the ids of. */
export interface KnownIds {
  readonly ids: number;
  /** Rows of the source that have one. */
  readonly rows: PositionSet;
}

/** Reads every file of ids of a vault through; in the memory of one block, positions being nearly in order. */
export async function countIds(runDirectory: string, vaultName: string, seal: Buffer): Promise<KnownIds> {
  let ids = 0;
  const rows = new RangeSet();
  for (const file of await idFiles(runDirectory, vaultName)) {
    for await (const block of readIdBlocks(file, seal)) {
      ids += block.ids.size;
      for (const position of block.ids.keys()) rows.add({ start: position, end: position + 1 });
    }
  }
  return { ids, rows };
}
