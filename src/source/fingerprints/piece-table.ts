import {
  DIGEST_BYTES,
  Fingerprints,
  hashWhole,
  fingerprintForm,
  pieceText,
  type FingerprintForm,
} from './fingerprints.js';
import type { InputIdentity } from '../input-identity.js';

/** Stored bytes of a piece; the last one of a file may be shorter. */
export const PIECE_BYTES = 1_048_576;

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
  /** What it is told by, as it is written down. */
  readonly told: string;
  readonly cut: Cut | undefined;
}

/**
 * What a file holds, piece by piece: whoever reads a piece first has noted what it is told by, whoever reads it after that
 * has it compared. So a table that the pass has filled proves everything that is sent, and one that nobody has filled
 * still proves what is read again. 100 bytes for a piece.
 */
export class PieceTable {
  /** The file as it was when it was opened first. */
  seen: FileState | undefined;
  #told = Buffer.alloc(64 * DIGEST_BYTES);
  #count = 0;
  /** So many pieces, the first ones, are told by SHA-256: an earlier version has seen them. */
  #bySha256 = 0;
  #cuts: (Cut | undefined)[] = [];
  #sizeBytes: number | undefined;
  readonly #whole: FingerprintForm | undefined;
  /** Of all of it, if it is told by that. */
  readonly #sha256: ReturnType<typeof hashWhole> | undefined;
  #fingerprint: string | undefined;
  readonly #fingerprints: Fingerprints;

  /** `whole`: the file is read once from its beginning to its end, and all of it is told by that. */
  constructor(options: {
    readonly whole: FingerprintForm | undefined;
    readonly fingerprints?: Fingerprints;
  }) {
    this.#fingerprints = options.fingerprints ?? Fingerprints.plain;
    this.#whole = options.whole;
    if (options.whole === 'sha256') this.#sha256 = hashWhole();
  }

  /** The pieces of an earlier reading, to be compared with. */
  static of({ sizeBytes, fingerprint, pieces }: FilePieces, fingerprints: Fingerprints): PieceTable {
    const table = new PieceTable({ whole: undefined, fingerprints });
    for (const { told, cut } of pieces) {
      const form = fingerprintForm(told);
      table.#note(Buffer.from(told.slice(-2 * DIGEST_BYTES), 'hex'), cut);
      if (form === 'sha256') table.#bySha256 = table.#count;
    }
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
    if (piece < this.#count)
      return this.#toldAt(piece).equals(this.#fingerprints.ofPiece(bytes, this.#fingerprintForm(piece)));
    if (this.#sizeBytes !== undefined || piece > this.#count) return false;
    this.#sha256?.update(bytes);
    const form = this.#fingerprints.form;
    this.#note(this.#fingerprints.ofPiece(bytes), undefined);
    if (form === 'sha256') this.#bySha256 = this.#count;
    return true;
  }

  /** The file ends here: false when it did not, or when more of it was known. */
  endsAt(sizeBytes: number): boolean {
    if (this.#sizeBytes !== undefined) return this.#sizeBytes === sizeBytes;
    if (Math.ceil(sizeBytes / PIECE_BYTES) !== this.#count) return false;
    this.#sizeBytes = sizeBytes;
    if (this.#sha256 !== undefined)
      this.#fingerprint = this.#fingerprints.ofWhole(this.#sha256.digest('hex'));
    else if (this.#whole !== undefined)
      this.#fingerprint = this.#fingerprints.ofPieces(this.#told.subarray(0, this.#count * DIGEST_BYTES));
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
        told: pieceText(this.#toldAt(piece), this.#fingerprintForm(piece)),
        cut: this.#cuts[piece],
      })),
    };
  }

  #fingerprintForm(piece: number): FingerprintForm {
    return piece < this.#bySha256 ? 'sha256' : 'gmac';
  }

  #toldAt(piece: number): Buffer {
    return this.#told.subarray(piece * DIGEST_BYTES, (piece + 1) * DIGEST_BYTES);
  }

  #note(told: Buffer, cut: Cut | undefined): void {
    const start = this.#count * DIGEST_BYTES;
    if (start === this.#told.length) this.#told = Buffer.concat([this.#told, Buffer.alloc(start)]);
    told.copy(this.#told, start);
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
  /** What whole files are told by. */
  readonly #whole: FingerprintForm;

  /**
   * `recorded`: what files are to be compared with, and are told as. Throws `storage` where another key told them.
   */
  constructor(
    fingerprints: Fingerprints,
    files: readonly FilePieces[] = [],
    recorded: readonly Pick<InputIdentity, 'fingerprint'>[] = [],
  ) {
    for (const { keyId } of files) fingerprints.assertKey(keyId);
    this.#fingerprints = fingerprints;
    this.#files = files;
    const known = recorded.find(({ fingerprint }) => fingerprint !== undefined)?.fingerprint;
    if (known !== undefined) fingerprints.assertOwn(known);
    this.#whole = known === undefined ? fingerprints.form : fingerprintForm(known);
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
    return new PieceTable({
      whole: whole ? this.#whole : undefined,
      fingerprints: this.#fingerprints,
    });
  }
}
