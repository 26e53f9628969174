import { Fingerprints } from './fingerprints.js';
import { PieceTable, type FilePieces } from './piece-table.js';

/** What earlier processes of a run have seen of its files, and how what is seen now is told apart. */
export class KnownPieces {
  /** For readers that write down nothing of what they see. */
  static readonly none = new KnownPieces(Fingerprints.plain);
  readonly #fingerprints: Fingerprints;
  readonly #files: readonly FilePieces[];

  /** Throws `storage` for files that were seen under another key. */
  constructor(fingerprints: Fingerprints, files: readonly FilePieces[] = []) {
    for (const { keyId } of files) fingerprints.assertKey(keyId);
    this.#fingerprints = fingerprints;
    this.#files = files;
  }

  /** For one file. `whole`: it is read once from its beginning to its end, and sees for itself. */
  table({
    role,
    name,
    whole,
  }: {
    readonly role: string;
    readonly name: string;
    readonly whole: boolean;
  }): PieceTable {
    const before = whole ? undefined : this.#files.find((one) => one.role === role && one.name === name);
    if (before !== undefined) return PieceTable.of(before, this.#fingerprints);
    return new PieceTable({ whole, fingerprints: this.#fingerprints });
  }
}
