import { readPrivate } from '../../../src/trust/open-private.js';
import { join } from 'node:path';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { writeFileAtomically } from '../../../src/system/write-file.js';
import { verificationFileSchema, type Verification } from '../../../src/verification/verification-format.js';

function fileOf({ path }: RunDirectory): string {
  return join(path, 'verification.json');
}

/** The verifications of a run, oldest first. Throws `storage` for a file that is none. */
export async function readVerifications(directory: RunDirectory): Promise<Verification[]> {
  const file = fileOf(directory);
  try {
    return verificationFileSchema.parse(JSON.parse(await readPrivate(file))).verifications;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new SuperviseError('storage', `${file} is not what this version writes`, {
      hint: 'Move it away, then verify again.',
      cause: error,
    });
  }
}

/** Adds a verification to those of its run, durably. */
export async function addVerification(directory: RunDirectory, verification: Verification): Promise<string> {
  const file = fileOf(directory);
  const content = {
    format_version: 1,
    run_id: directory.runId,
    verifications: [...(await readVerifications(directory)), verification],
  };
  await writeFileAtomically(file, `${JSON.stringify(content, undefined, 2)}\n`, { durable: true });
  return file;
}
