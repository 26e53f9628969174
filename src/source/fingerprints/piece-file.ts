import { join } from 'node:path';
import * as z from 'zod';
import { readPrivate, readPrivateIfThere } from '../../trust/open-private.js';
import { systemCode } from '../../errors/supervise-error.js';
import { writeFileAtomically } from '../../system/write-file.js';
import { withFormerName } from '../input-identity.js';
import type { FilePieces, RecordedPiece } from './piece-table.js';
import { jsonIn } from '../../system/json-in.js';

const format = 'skyflow-supervise pieces 2';
/** Of versions that told pieces by SHA-256 alone. */
const formerFormat = 'skyflow-supervise pieces 1';
const count = z.int().nonnegative();

/** What it is told by alone, or with row and line, or with row, line and byte of its cut: short, because there is one for each MiB. */
const pieceSchema = z.union([
  z.tuple([z.string()]),
  z.tuple([z.string(), count, count]),
  z.tuple([z.string(), count, count, count]),
]);

const documentSchema = z.object({
  format: z.enum([format, formerFormat]),
  run: z.string(),
  vault: z.string(),
  /** Names the key that pieces are told by; absent: by SHA-256 itself, as in version 0.1. */
  key: z.string().optional(),
  inputs: z.array(
    z.preprocess(
      withFormerName,
      z.object({
        role: z.string(),
        name: z.string(),
        size_bytes: count.optional(),
        fingerprint: z.string().optional(),
        pieces: z.array(pieceSchema),
      }),
    ),
  ),
});

function pieceFile(runDirectory: string, vaultName: string): string {
  return join(runDirectory, `pieces_${vaultName}.json`);
}

/** Keeps what a run has seen of a vault's files, beside its journal. Rejects with the system's error. */
export async function writePieces(
  runDirectory: string,
  { runId, vaultName }: { readonly runId: string; readonly vaultName: string },
  inputs: readonly FilePieces[],
): Promise<void> {
  const key = inputs[0]?.keyId;
  const document: z.output<typeof documentSchema> = {
    format,
    run: runId,
    vault: vaultName,
    ...(key === undefined ? {} : { key }),
    inputs: inputs.map(({ role, name, sizeBytes, fingerprint, pieces }) => ({
      role,
      name,
      ...(sizeBytes === undefined ? {} : { size_bytes: sizeBytes }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      pieces: pieces.map(toTuple),
    })),
  };
  await writeFileAtomically(pieceFile(runDirectory, vaultName), `${JSON.stringify(document)}\n`);
}

/** The same as it stands there, to be carried to another machine; undefined where nothing was kept. */
export async function readPiecesText(runDirectory: string, vaultName: string): Promise<string | undefined> {
  return readPrivateIfThere(pieceFile(runDirectory, vaultName));
}

/** Puts there what another machine has seen, with the names that the files have on this one. */
export async function placePieces(
  runDirectory: string,
  owner: { readonly runId: string; readonly vaultName: string },
  text: string,
  nameHere: (name: string) => string,
): Promise<void> {
  await writeFileAtomically(pieceFile(runDirectory, owner.vaultName), text);
  const inputs = await readPieces(runDirectory, owner.vaultName);
  await writePieces(
    runDirectory,
    owner,
    inputs.map((input) => ({ ...input, name: nameHere(input.name) })),
  );
}

/** What a run has seen of a vault's files; none where it kept nothing, or nothing that can be read. */
export async function readPieces(runDirectory: string, vaultName: string): Promise<FilePieces[]> {
  let text: string;
  try {
    text = await readPrivate(pieceFile(runDirectory, vaultName));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
  const document = documentSchema.safeParse(jsonIn(text)).data;
  return (document?.inputs ?? []).map(({ role, name, size_bytes: sizeBytes, fingerprint, pieces }) => ({
    role,
    name,
    sizeBytes,
    fingerprint,
    keyId: document?.key,
    pieces: pieces.map(fromTuple),
  }));
}

function toTuple({ told, cut }: RecordedPiece): z.infer<typeof pieceSchema> {
  if (cut === undefined) return [told];
  const { row, line, byte } = cut;
  return byte === undefined ? [told, row, line] : [told, row, line, byte];
}

function fromTuple([told, row, line, byte]: z.infer<typeof pieceSchema>): RecordedPiece {
  return { told, cut: row === undefined || line === undefined ? undefined : { row, line, byte } };
}
