import { basename, join } from 'node:path';
import * as z from 'zod';
import { SuperviseError } from '../errors/supervise-error.js';
import { DurableFile } from '../journal/durable-file.js';
import { readPrivateIfThere } from '../trust/open-private.js';

const count = z.int().nonnegative();
const lineSchema = z.union([
  z.strictObject({ format_version: z.literal(1), run: z.string(), vault: z.string(), began_at: z.string() }),
  /** Everything of a file up to there. */
  z.strictObject({ file: z.string(), to: count, deleted: count, gone: count }),
  /** Everything is deleted; of so many uploaded rows no id is known. */
  z.strictObject({ ended_at: z.string(), without_id: count }),
]);
type Line = z.infer<typeof lineSchema>;

/** How far the deletion of a run's records has come. */
export interface UndoState {
  readonly deleted: number;
  readonly gone: number;
  /** Everything whose id is known is deleted; so many rows stay, as of them none is. Undefined: not yet. */
  readonly ended: { readonly withoutId: number } | undefined;
  /** By the name of the file of ids: everything up to this byte. */
  readonly doneTo: ReadonlyMap<string, number>;
}

function progressFile(runDirectory: string, vaultName: string): string {
  return join(runDirectory, `undo_${vaultName}.log`);
}

/** Undefined: nobody has begun to delete. Throws `storage` for a file of another run or vault. */
export async function readUndo(
  runDirectory: string,
  of: { readonly run: string; readonly vault: string },
): Promise<UndoState | undefined> {
  return (await read(runDirectory, of))?.state;
}

async function read(
  runDirectory: string,
  { run, vault }: { readonly run: string; readonly vault: string },
): Promise<{ state: UndoState; intactBytes: number } | undefined> {
  const path = progressFile(runDirectory, vault);
  const text = await readPrivateIfThere(path);
  if (text === undefined) return undefined;
  let [deleted, gone, intactBytes, begun] = [0, 0, 0, false];
  let ended: UndoState['ended'];
  const doneTo = new Map<string, number>();
  for (const one of text.split('\n').slice(0, -1)) {
    const line = parse(one, path);
    if (line === undefined) break;
    intactBytes += Buffer.byteLength(one) + 1;
    if ('run' in line) {
      if (line.run !== run || line.vault !== vault)
        throw new SuperviseError('storage', `${path} is of another run or vault`);
      begun = true;
    } else if ('file' in line) {
      deleted += line.deleted;
      gone += line.gone;
      doneTo.set(line.file, Math.max(line.to, doneTo.get(line.file) ?? 0));
    } else ended = { withoutId: line.without_id };
  }
  return begun ? { state: { deleted, gone, ended, doneTo }, intactBytes } : undefined;
}

/** Undefined for a torn line. Throws `storage` for one of another version: it is not for this one to go on with. */
function parse(text: string, path: string): Line | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const line = lineSchema.safeParse(found).data;
  if (line !== undefined) return line;
  throw new SuperviseError('storage', `${path} was written by another version of this program`, {
    hint: 'Go on with the version that has undone the run so far.',
  });
}

/** The progress of deleting one vault's records, appended to chunk by chunk: a kill loses what was on its way. */
export class UndoProgress {
  readonly #file: DurableFile;
  readonly #doneTo: ReadonlyMap<string, number>;
  deleted: number;
  gone: number;

  private constructor(file: DurableFile, state: UndoState | undefined) {
    this.#file = file;
    this.#doneTo = state?.doneTo ?? new Map();
    this.deleted = state?.deleted ?? 0;
    this.gone = state?.gone ?? 0;
  }

  /** Goes on, or begins. It is on the disk before anything is deleted: who resumes the run sees it. */
  static async open(
    runDirectory: string,
    of: { readonly run: string; readonly vault: string },
  ): Promise<UndoProgress> {
    const before = await read(runDirectory, of);
    const file = await DurableFile.open(progressFile(runDirectory, of.vault), before ? 'r+' : 'w+');
    const progress = new UndoProgress(file, before?.state);
    if (before === undefined)
      progress.#append({ format_version: 1, ...of, began_at: new Date().toISOString() });
    else file.truncate(before.intactBytes);
    await file.sync();
    return progress;
  }

  doneTo(idFile: string): number {
    return this.#doneTo.get(basename(idFile)) ?? 0;
  }

  add(idFile: string, to: number, chunk: { readonly deleted: number; readonly gone: number }): void {
    this.deleted += chunk.deleted;
    this.gone += chunk.gone;
    this.#append({ file: basename(idFile), to, ...chunk });
  }

  end(withoutId: number): void {
    this.#append({ ended_at: new Date().toISOString(), without_id: withoutId });
  }

  async close(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
  }

  #append(line: Line): void {
    this.#file.append(`${JSON.stringify(line)}\n`);
  }
}
