import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { systemCode } from '../../../src/errors/supervise-error.js';
import { vaultStatusSchema } from '../../../src/protocol/messages.js';
import { productVersion } from '../../../src/product/product.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { writeFileAtomically } from '../../../src/system/write-file.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { layOut, type Page } from '../../../src/report/lay-out.js';
import { singleLine } from '../../../src/report/screen-text.js';
import type { TextStyle } from '../../../src/report/text-style.js';
import { markedLine, toneOfTask } from '../../view/marked-lines.js';

const count = z.int().nonnegative();

const undoSchema = z.strictObject({
  program_version: z.string(),
  run_id: z.string(),
  run_directory: z.string(),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  host: z.string(),
  /** How it was confirmed. */
  confirmed: z.enum(['typed', 'yes-delete']),
  status: z.string(),
  exit_code: count,
  vaults: z.array(
    z.strictObject({
      name: z.string(),
      id: z.string(),
      table: z.string(),
      status: vaultStatusSchema,
      /** Records whose ids the run has kept; those that are deleted, and that were gone, by now. */
      ids: count,
      deleted: count,
      gone: count,
      /** Uploaded rows of which no id is known: they stay. */
      without_id: count,
      vault_count: z.strictObject({ before: count.nullable(), after: count.nullable() }),
      error: z
        .strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() })
        .optional(),
    }),
  ),
});
export type Undo = z.infer<typeof undoSchema>;

/** `undo.json`: every undo of a run, the newest last. */
const undoFileSchema = z.strictObject({ format_version: z.literal(1), undos: z.array(undoSchema) });

function fileOf({ path }: RunDirectory): string {
  return join(path, 'undo.json');
}

/** Adds one to those of the run; resolves with where it stands. */
export async function addUndo(directory: RunDirectory, undo: Undo): Promise<string> {
  const file = fileOf(directory);
  const undos = [...(await readUndos(directory)), undo];
  await writeFileAtomically(file, `${JSON.stringify({ format_version: 1, undos }, undefined, 2)}\n`, {
    durable: true,
  });
  return file;
}

async function readUndos(directory: RunDirectory): Promise<Undo[]> {
  try {
    return undoFileSchema.parse(JSON.parse(await readPrivate(fileOf(directory)))).undos;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** What every undo of this program says of itself. */
export const ownFacts = { program_version: productVersion, host: hostname() };

/** An undo for people. */
export function renderUndo(undo: Undo, file: string, screen: Page & { readonly style: TextStyle }): string {
  const lines = undo.vaults.map(({ name, status, ids, deleted, gone, without_id: left, error }) => {
    const tone = status === 'complete' && left > 0 ? 'warn' : toneOfTask(status);
    const text = [
      `${name}: ${formatCount(deleted)} of ${formatCount(ids)} records deleted`,
      ...(gone === 0 ? [] : [`${formatCount(gone)} were gone already`]),
      ...(left === 0 ? [] : [`${formatCount(left)} of which no id is known stay`]),
      ...(error === undefined ? [] : [singleLine(error.message, 1000)]),
    ].join(', ');
    return markedLine(screen.style, tone, text);
  });
  const goesOn = undo.vaults.some(({ status }) => status !== 'complete');
  const last = goesOn ? [`The same command goes on. (exit status ${undo.exit_code})`] : [];
  return layOut([...lines, `Written to ${file}`, ...last], screen);
}
