import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { StopRequests } from '../command-line/stop-requests.js';
import { runMeasured } from '../measure/run-measured.js';
import type { BenchTarget } from '../target/load-target.js';
import { measuredProgram as builtProgram } from '../target/program.js';
import { readOutcome, type LoadOutcome } from './load-outcome.js';
import type { BenchmarkWorkspace } from './workspace.js';

export interface MeasuredLoad {
  readonly target: BenchTarget;
  readonly workspace: BenchmarkWorkspace;
  readonly concurrency: number;
  readonly batchSize: number;
  /** For each vault. */
  readonly records: number;
  readonly stop: StopRequests;
  /** The program to measure; without it that of this checkout. */
  readonly program?: string;
}

/** What one load took. */
export interface LoadMeasurement extends LoadOutcome {
  /** The whole command: start of the processes, passes over the files, load, summary. */
  readonly wallMs: number;
  /** User and system time of supervisor and children; undefined where the system does not tell. */
  readonly cpuMs: number | undefined;
}

/**
 * Loads vaults as a user does, with the built program, and measures it. Throws when the load was stopped, or did not
 * come to a summary; failed records and unfinished vaults are part of the measurement.
 */
export async function measureLoad(load: MeasuredLoad): Promise<LoadMeasurement> {
  const { target, workspace, stop } = load;
  stop.stopping.throwIfAborted();
  const argv = [
    ...[load.program ?? builtProgram, 'load', '--json', '--quiet', '--new-run', '--yes'],
    ...['--config', target.configFile, '--vault', target.vaults.map(({ name }) => name).join(',')],
    ...['--data-dir', workspace.dataDirectory, '--run-dir', workspace.runDirectory],
    ...['--concurrency', String(load.concurrency), '--batch-size', String(load.batchSize)],
    ...['--max-records', String(load.records), ...target.flags],
  ];
  const ended = await runMeasured(argv, {
    cwd: workspace.directory,
    environment: target.environment,
    stop,
  });
  stop.stopping.throwIfAborted();
  const outcome = readOutcome(ended.stdout);
  await workspace.forgetRuns();
  if (outcome === undefined) {
    throw new SuperviseError(
      'crashed',
      `a load ended with exit status ${ended.status} and without a summary`,
      {
        hint: ended.stderr.trim().split('\n').slice(-6).join('\n  '),
      },
    );
  }
  return { ...outcome, wallMs: ended.wallMs, cpuMs: ended.cpuMs };
}
