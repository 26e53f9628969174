import { createHmac, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { DurableFile } from '../../src/journal/durable-file.js';
import { loadFile } from '../../src/journal/load-lock.js';
import { storageError } from '../../src/journal/storage-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { readPrivate } from '../../src/trust/open-private.js';
import { userKey } from '../../src/trust/user-key.js';
import { loadTarget } from '../vault/connect-vault.js';

const lineSchema = z.strictObject({
  run: z.string(),
  vault: z.string(),
  table: z.string(),
  ids: z.array(z.string()),
  proof: z.string(),
});
type Line = z.infer<typeof lineSchema>;

/**
 * The test records that a calibration has inserted and has still to delete, in a file of the state folder that outlives
 * a kill. Each line says of which run, vault and table its ids are, and proves under this user's key that this program
 * wrote it: what is deleted for it was inserted by it.
 */
export class TestRecordJournal {
  readonly #file: string;
  readonly #key: Buffer;
  readonly #about: Omit<Line, 'ids' | 'proof'>;
  #open: DurableFile | undefined;

  private constructor(file: string, key: Buffer, about: Omit<Line, 'ids' | 'proof'>) {
    this.#file = file;
    this.#key = key;
    this.#about = about;
  }

  static async of(job: VaultJob): Promise<TestRecordJournal> {
    const { stateFolder, runId, vault } = job;
    const about = { run: runId, vault: vault.id, table: vault.table };
    const key = await userKey(stateFolder, 'calibration');
    return new TestRecordJournal(loadFile(stateFolder, loadTarget(job), 'calibration'), key, about);
  }

  /** What a calibration before this one did not come to delete. Throws `storage` for a line without its proof. */
  async leftBehind(): Promise<string[]> {
    let text: string;
    try {
      text = await readPrivate(this.#file);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw storageError('read', this.#file, error);
    }
    // A torn last line is of records that nobody was told of.
    const lines = text.split('\n').slice(0, -1);
    return lines.flatMap((line, at) => this.#proven(line, at));
  }

  /** Begins the file of this calibration; what stood there before has been deleted. */
  async begin(): Promise<void> {
    this.#open = await DurableFile.open(this.#file, 'w+');
  }

  inserted(ids: readonly string[]): void {
    const line = { ...this.#about, ids: [...ids] };
    this.#open?.append(`${JSON.stringify({ ...line, proof: this.#proofOf(line).toString('hex') })}\n`);
  }

  async close(): Promise<void> {
    await this.#open?.close();
  }

  /** Nothing is left to delete. */
  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  #proven(text: string, at: number): readonly string[] {
    const line = lineSchema.safeParse(parseJson(text)).data;
    const isOurs =
      line?.vault === this.#about.vault &&
      line.table === this.#about.table &&
      matches(Buffer.from(line.proof, 'hex'), this.#proofOf(line));
    if (isOurs) return line.ids;
    throw new SuperviseError(
      'storage',
      `line ${at + 1} of ${this.#file} does not prove that this program inserted its records; nothing was deleted`,
      { hint: 'Look at the file, and remove it: its records stay in the vault.' },
    );
  }

  #proofOf({ run, vault, table, ids }: Omit<Line, 'proof'>): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([run, vault, table, ids]))
      .digest();
  }
}

function matches(found: Buffer, expected: Buffer): boolean {
  return found.length === expected.length && timingSafeEqual(found, expected);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
