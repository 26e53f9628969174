import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { writeFileAtomically } from '../../../src/system/write-file.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import { readTrusted } from '../../../src/trust/open-trusted.js';
import { makeManifest } from './manifest.js';

const signatureFile = 'report_signature.json';

const fileSchema = z.strictObject({
  format_version: z.literal(1),
  algorithm: z.literal('Ed25519'),
  /** What is signed, character for character. */
  signed: z.string(),
  /** Base64. */
  signature: z.string(),
});

const signedSchema = z.strictObject({
  run_id: z.string(),
  signed_at: z.iso.datetime(),
  /** SHA-256 of every file of the run but this one. */
  files: z.record(z.string(), z.string()),
});

/** Signs the manifest of a run with the customer's own key (Ed25519, PEM); resolves with where the signature stands. */
export async function signRun(directory: RunDirectory, keyFile: string): Promise<string> {
  const key = await readKey(keyFile, 'private');
  const content = {
    run_id: directory.runId,
    signed_at: new Date().toISOString(),
    files: await filesOf(directory),
  };
  const signed = JSON.stringify(content);
  const signature = sign(null, Buffer.from(signed), key).toString('base64');
  const file = join(directory.path, signatureFile);
  const document = { format_version: 1, algorithm: 'Ed25519', signed, signature };
  await writeFileAtomically(file, `${JSON.stringify(document, undefined, 2)}\n`, { durable: true });
  return file;
}

/** What a signature says: nothing is wrong where `problems` is empty. */
export interface SignatureReading {
  readonly signedAt: string | undefined;
  readonly problems: readonly string[];
}

/** Holds the signature of a run against a public key, and the files against what was signed. */
export async function verifySignature(directory: RunDirectory, keyFile: string): Promise<SignatureReading> {
  const key = await readKey(keyFile, 'public');
  const file = join(directory.path, signatureFile);
  const text = await readPrivate(file).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new SuperviseError('usage', `run ${directory.runId} is not signed`, {
      hint: 'Sign it with: skyflow-supervise report RUN --sign KEYFILE',
    });
  });
  const document = fileSchema.safeParse(parseJson(text)).data;
  const isValid =
    document !== undefined &&
    verify(null, Buffer.from(document.signed), key, Buffer.from(document.signature, 'base64'));
  if (!isValid) return { signedAt: undefined, problems: ['the signature is not one of this key'] };
  const signed = signedSchema.safeParse(parseJson(document.signed)).data;
  if (signed?.run_id !== directory.runId)
    return { signedAt: undefined, problems: ['what was signed is another run'] };
  return { signedAt: signed.signed_at, problems: differences(signed.files, await filesOf(directory)) };
}

function differences(
  signed: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(signed), ...Object.keys(found)])].sort();
  return names.flatMap((name) => {
    const [before, now] = [signed[name], found[name]];
    if (before === now) return [];
    return [`${name} ${now === undefined ? 'is gone' : before === undefined ? 'was added' : 'was changed'}`];
  });
}

async function filesOf({ path }: RunDirectory): Promise<Record<string, string>> {
  const { files } = await makeManifest(path);
  const others = files.filter(({ file }) => file !== signatureFile);
  return Object.fromEntries(others.map(({ file, sha256 }) => [file, sha256]));
}

async function readKey(file: string, kind: 'private' | 'public'): Promise<KeyObject> {
  const pem = await readTrusted(file);
  let key: KeyObject | undefined;
  try {
    key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
  } catch {
    // Told below, without what stands in the file.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new SuperviseError('config', `${file} has no ${kind} Ed25519 key in PEM`, {
    hint: '`openssl genpkey -algorithm ed25519` makes one; `openssl pkey -pubout` gives its public key.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
