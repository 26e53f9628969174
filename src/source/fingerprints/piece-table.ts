import { DIGEST_BYTES, Fingerprints, hashWhole } from './fingerprints.js';
import { SEAL_BYTES, sealOf } from './seal.js';

/** Stored bytes of a piece; the last one of a file may be shorter. */
export const PIECE_BYTES = 1_048_576;

const KNOWN_BYTES = DIGEST_BYTES + SEAL_BYTES;
const UNSEEN = Buffer.alloc(SEAL_BYTES);

/** What tells that a file may have been written to, without reading it. */
export interface FileState {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of the last change of content, name, owner or mode: no program can put it back. */
  readonly changedMs: number;
}

/** The last place at or before the beginning of a piece at which a record begins. */
export interface Cut {
  /** The record's number in its file, from 0. */
  readonly row: number;
  /** The physical line, from 1. */
  readonly line: number;
  /** In the stored file; undefined where one cannot begin to read there (compressed, recoded). */
  readonly byte: number | undefined;
}

/** A cut at which one can begin to read. */
export type StoredCut = Cut & { readonly byte: number };

/** One file of an input, piece by piece, as it was read. */
export interface FilePieces {
  readonly role: string;
  readonly name: string;
  /** Undefined until the file has been read to its end. */
  readonly sizeBytes: number | undefined;
  /** Of the whole content, as it is written down; undefined when nobody read it whole at once. */
  readonly fingerprint: string | undefined;
  /** Of the key that hashes are made with; undefined: none. */
  readonly keyId: string | undefined;
  readonly pieces: readonly RecordedPiece[];
}

export interface RecordedPiece {
  /** In hex. */
  readonly hash: string;
  readonly cut: Cut | undefined;
}

/**
 * What a file holds, piece by piece: whoever reads a piece first has its hash noted, whoever reads it after that has
 * it compared. So a table that the pass has filled proves everything that is sent, and one that nobody has filled
 * still proves what is read again. Once this process has seen a piece, its seal is compared, which is faster. 120 bytes
 * for a piece.
 */
export class PieceTable {
  /** The file as it was when it was opened first. */
  seen: FileState | undefined;
  /** Of each piece its hash and behind it its seal, which is all zeros until this process has seen the piece. */
  #known = Buffer.alloc(64 * KNOWN_BYTES);
  #count = 0;
  #cuts: (Cut | undefined)[] = [];
  #sizeBytes: number | undefined;
  #whole: ReturnType<typeof hashWhole> | undefined;
  #fingerprint: string | undefined;
  readonly #fingerprints: Fingerprints;

  /** `whole`: the file is read once from its beginning to its end, for a hash of all of it. */
  constructor(options: { readonly whole: boolean; readonly fingerprints?: Fingerprints }) {
    this.#fingerprints = options.fingerprints ?? Fingerprints.plain;
    if (options.whole) this.#whole = hashWhole();
  }

  /** The pieces of an earlier reading, to be compared with. */
  static of({ sizeBytes, fingerprint, pieces }: FilePieces, fingerprints: Fingerprints): PieceTable {
    const table = new PieceTable({ whole: false, fingerprints });
    for (const { hash, cut } of pieces) table.#note(Buffer.from(hash, 'hex'), cut);
    table.#sizeBytes = sizeBytes;
    table.#fingerprint = fingerprint;
    return table;
  }

  /** How many pieces are known. */
  get count(): number {
    return this.#count;
  }

  /** Size of the file in bytes, once somebody has come to its end. */
  get sizeBytes(): number | undefined {
    return this.#sizeBytes;
  }

  /** Of the whole content, as it is written down. */
  get fingerprint(): string | undefined {
    return this.#fingerprint;
  }

  /** Notes a piece that is new, and compares one that is known: false when it is another one. */
  proves(piece: number, bytes: Buffer): boolean {
    if (piece >= this.#count) {
      if (this.#sizeBytes !== undefined || piece > this.#count) return false;
      this.#whole?.update(bytes);
      this.#note(this.#fingerprints.ofPiece(bytes), undefined);
    } else {
      const seal = this.#sealAt(piece);
      if (!seal.equals(UNSEEN)) return seal.equals(sealOf(bytes));
      if (!this.#hashAt(piece).equals(this.#fingerprints.ofPiece(bytes))) return false;
    }
    sealOf(bytes).copy(this.#sealAt(piece));
    return true;
  }

  /** The file ends here: false when it did not, or when more of it was known. */
  endsAt(sizeBytes: number): boolean {
    if (this.#sizeBytes !== undefined) return this.#sizeBytes === sizeBytes;
    if (Math.ceil(sizeBytes / PIECE_BYTES) !== this.#count) return false;
    this.#sizeBytes = sizeBytes;
    this.#fingerprint = this.#whole && this.#fingerprints.ofWhole(this.#whole.digest('hex'));
    this.#whole = undefined;
    return true;
  }

  /** Where records begin, for a piece that is known. */
  cut(piece: number, cut: Cut): void {
    if (piece < this.#count) this.#cuts[piece] ??= cut;
  }

  /** The last place at or before a row at which one can begin to read. */
  cutBefore(row: number): StoredCut | undefined {
    return this.#cuts.findLast((cut): cut is StoredCut => cut?.byte !== undefined && cut.row <= row);
  }

  /** All of it, to be kept. */
  record(role: string, name: string): FilePieces {
    return {
      role,
      name,
      sizeBytes: this.#sizeBytes,
      fingerprint: this.#fingerprint,
      keyId: this.#fingerprints.keyId,
      pieces: Array.from({ length: this.#count }, (_, piece) => ({
        hash: this.#hashAt(piece).toString('hex'),
        cut: this.#cuts[piece],
      })),
    };
  }

  #hashAt(piece: number): Buffer {
    const start = piece * KNOWN_BYTES;
    return this.#known.subarray(start, start + DIGEST_BYTES);
  }

  #sealAt(piece: number): Buffer {
    const start = piece * KNOWN_BYTES + DIGEST_BYTES;
    return this.#known.subarray(start, start + SEAL_BYTES);
  }

  #note(hash: Buffer, cut: Cut | undefined): void {
    const start = this.#count * KNOWN_BYTES;
    if (start === this.#known.length) this.#known = Buffer.concat([this.#known, Buffer.alloc(start)]);
    hash.copy(this.#known, start);
    this.#cuts[this.#count] = cut;
    this.#count += 1;
  }
}

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
