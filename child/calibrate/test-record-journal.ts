import { createHmac, timingSafeEqual } from 'node:crypto';
import { dirname } from 'node:path';
import * as z from 'zod';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { openRuns } from '../../src/journal/open-run-store.js';
import type { DebtKind } from '../../src/journal/load-lock.js';
import type { Debts } from '../../src/journal/run-store.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { userKey } from '../../src/trust/user-key.js';
import { loadTarget } from '../vault/connect-vault.js';
import { jsonIn } from '../../src/system/json-in.js';

const lineSchema = z.strictObject({
  run: z.string(),
  vault: z.string(),
  table: z.string(),
  ids: z.array(z.string()),
  /** So many were made until here, sent or about to be; absent where they cannot be told by their number. */
  made: z.int().min(0).optional(),
  proof: z.string(),
});
type Line = z.infer<typeof lineSchema>;
type About = Pick<Line, 'run' | 'vault' | 'table'>;

/** What one that was killed did not come to delete. */
export interface LeftBehind {
  readonly ids: readonly string[];
  /** By run: how many it had made. */
  readonly made: ReadonlyMap<string, number>;
}

/**
 * The test records that a calibration or qualification has inserted and has still to delete, where it outlives
 * a kill. Each line says of which run, vault and table its ids are, and proves under this user's key that this program
 * wrote it: what is deleted for it was inserted by it.
 */
export class TestRecordJournal {
  readonly #debts: Debts;
  readonly #key: Buffer;
  readonly #about: About;
  #open: Awaited<ReturnType<Debts['begin']>> | undefined;

  private constructor(debts: Debts, key: Buffer, about: About) {
    this.#debts = debts;
    this.#key = key;
    this.#about = about;
  }

  static async of(job: VaultJob, kind: DebtKind): Promise<TestRecordJournal> {
    const { stateFolder, runDirectory, runId, vault } = job;
    const about = { run: runId, vault: vault.id, table: vault.table };
    const debts = openRuns(dirname(runDirectory)).debts(loadTarget(job), job, kind);
    const key = await userKey(stateFolder, 'calibration');
    return new TestRecordJournal(debts, key, about);
  }

  /** What the one before did not come to delete. Throws `storage` for a line without its proof. */
  async leftBehind(): Promise<LeftBehind> {
    const text = await this.#debts.read();
    if (text === undefined) return { ids: [], made: new Map() };
    // A torn last line is of records that nobody was told of.
    const texts = text.split('\n').slice(0, -1);
    const lines = texts.map((line, at) => this.#proven(line, at));
    return {
      ids: lines.flatMap(({ ids }) => ids),
      made: new Map(lines.flatMap(({ run, made }) => (made === undefined ? [] : [[run, made]]))),
    };
  }

  /** Begins the file of this one; what stood there before has been deleted. */
  async begin(): Promise<void> {
    this.#open = await this.#debts.begin();
  }

  inserted(ids: readonly string[]): void {
    this.#append({ ...this.#about, ids: [...ids] });
  }

  /** Told before they are sent. */
  made(count: number): void {
    this.#append({ ...this.#about, ids: [], made: count });
  }

  #append(line: Omit<Line, 'proof'>): void {
    this.#open?.append(`${JSON.stringify({ ...line, proof: this.#proofOf(line).toString('hex') })}\n`);
  }

  async close(): Promise<void> {
    await this.#open?.close();
  }

  /** Nothing is left to delete. */
  async remove(): Promise<void> {
    await this.#debts.remove();
  }

  #proven(text: string, at: number): Line {
    const line = lineSchema.safeParse(jsonIn(text)).data;
    const isOurs =
      line?.vault === this.#about.vault &&
      line.table === this.#about.table &&
      matches(Buffer.from(line.proof, 'hex'), this.#proofOf(line));
    if (isOurs) return line;
    throw new SuperviseError(
      'storage',
      `line ${at + 1} of ${this.#debts.place} does not prove that this program inserted its records; nothing was deleted`,
      { hint: 'Look at the file, and remove it: its records stay in the vault.' },
    );
  }

  #proofOf({ run, vault, table, ids, made }: Omit<Line, 'proof'>): Buffer {
    const said = [run, vault, table, ids, ...(made === undefined ? [] : [made])];
    return createHmac('sha256', this.#key).update(JSON.stringify(said)).digest();
  }
}

function matches(found: Buffer, expected: Buffer): boolean {
  return found.length === expected.length && timingSafeEqual(found, expected);
}
