import type { Configuration } from '../../src/config/configuration.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import { beginSession, type RunRecord, type RunSession } from '../../src/run-record/run-record.js';
import { describeAuthority } from './describe-credential.js';
import { openStateFolder } from '../../src/trust/state-folder.js';
import { userKey } from '../../src/trust/user-key.js';

/**
 * What the fingerprints of a run that begins are made with, in hex: one key of this user, so that runs can be compared.
 * Throws `storage` when the state folder is not ours.
 */
export async function newFingerprintKey(environment: NodeJS.ProcessEnv): Promise<string> {
  return (await userKey(openStateFolder(environment), 'fingerprints')).toString('hex');
}

/** The record of a run that this command begins; `more`: what is particular to the command. */
export async function newRunRecord(
  {
    directory,
    startedAt,
    configuration,
    fingerprintKey,
    ...session
  }: {
    readonly directory: RunDirectory;
    readonly startedAt: Date;
    readonly configuration: Configuration;
    readonly fingerprintKey: string;
  } & Pick<RunSession, 'command' | 'settings'>,
  more: Omit<RunRecord, 'format_version' | 'run_id' | 'started_at' | 'working_directory' | 'sessions'>,
): Promise<RunRecord> {
  const authority = await describeAuthority(configuration, fingerprintKey);
  return {
    format_version: 1,
    run_id: directory.runId,
    started_at: startedAt.toISOString(),
    working_directory: process.cwd(),
    ...more,
    sessions: [beginSession({ startedAt, ...session, ...authority })],
  };
}
