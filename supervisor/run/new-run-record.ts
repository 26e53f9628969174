import type { Configuration } from '../../src/config/configuration.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import { beginSession, type RunRecord, type RunSession } from '../../src/run-record/run-record.js';
import { describeAuthority } from './describe-credential.js';

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
