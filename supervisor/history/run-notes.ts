import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { inputIdentitySchema } from '../../src/source/input-identity.js';
import { filesAmongRuns } from '../../src/run-record/files-among-runs.js';
import { isRunId } from '../../src/run-record/run-id.js';
import { writeFileAtomically } from '../../src/system/write-file.js';
import { readPrivate } from '../../src/trust/open-private.js';
import { loadTargetSchema } from './load-target.js';

const count = z.int().nonnegative();

/** What is left of a run that was forgotten: enough to know its content again, and nothing of its records. */
const forgottenSchema = z.strictObject({
  format_version: z.literal(1),
  kind: z.literal('forgotten'),
  run_id: z.string(),
  forgotten_at: z.iso.datetime(),
  last_worked_at: z.iso.datetime(),
  loads: z.array(
    z.strictObject({
      target: loadTargetSchema,
      sql: z.string().optional(),
      inputs: z.array(inputIdentitySchema),
      /** In hex: of the fingerprints of inputs and pieces; absent where they are SHA-256 themselves. */
      fingerprint_key: z.string().optional(),
      /** What the whole pieces of its files are told by. */
      pieces: z.array(z.string()).optional(),
      /** Rows of the source, where they were known, and how many of them the run has settled. */
      rows: count.optional(),
      settled: count,
      /** The positions that it was for, where it was for a slice of its source. */
      slice: z.strictObject({ start: count, end: count.optional() }).optional(),
    }),
  ),
});
export type ForgottenRun = Readonly<z.infer<typeof forgottenSchema>>;

/** Tables that a `clear` has emptied. */
const clearedSchema = z.strictObject({
  format_version: z.literal(1),
  kind: z.literal('cleared'),
  /** When it began: what was loaded before is gone. */
  cleared_at: z.iso.datetime(),
  tables: z.array(loadTargetSchema.omit({ column: true })),
});

/** Tables that a `clear` is about to delete records of; one of this moment that has emptied them says so itself. */
const clearingSchema = clearedSchema.omit({ cleared_at: true }).extend({
  kind: z.literal('clearing'),
  began_at: z.iso.datetime(),
});

const noteSchema = z.discriminatedUnion('kind', [forgottenSchema, clearedSchema, clearingSchema]);
export type RunNote = z.infer<typeof noteSchema>;

const nameOf = (runId: string, kind: RunNote['kind']): string => `${runId}.${kind}.json`;

/** Leaves a note among the runs, a file of its own; said again it is what counts. Throws `storage`. */
export async function leaveNote(runsDirectory: string, runId: string, note: RunNote): Promise<void> {
  const file = join(runsDirectory, nameOf(runId, note.kind));
  try {
    await mkdir(runsDirectory, { recursive: true, mode: 0o700 });
    await writeFileAtomically(file, `${JSON.stringify(note, undefined, 2)}\n`, { durable: true });
  } catch (error) {
    throw new SuperviseError('storage', `${file} cannot be written (${systemCode(error) ?? String(error)})`, {
      cause: error,
    });
  }
}

/** All notes among the runs, oldest first. One that cannot be read is a `storage` error: it may forbid a load. */
export async function readNotes(runsDirectory: string): Promise<RunNote[]> {
  const names = await filesAmongRuns(runsDirectory);
  const notes: RunNote[] = [];
  for (const name of names.filter(isNote).sort()) {
    const file = join(runsDirectory, name);
    const text = await readPrivate(file);
    try {
      notes.push(noteSchema.parse(JSON.parse(text)));
    } catch (error) {
      throw new SuperviseError('storage', `${file} is not a note that this version understands`, {
        hint: 'It says what was loaded or cleared before. Restore it from a backup, or move it away if it is not ours.',
        cause: error,
      });
    }
  }
  return notes;
}

function isNote(name: string): boolean {
  const [runId = '', kind, ...rest] = name.split('.');
  return (
    isRunId(runId) &&
    (kind === 'forgotten' || kind === 'cleared' || kind === 'clearing') &&
    rest.join('.') === 'json'
  );
}
