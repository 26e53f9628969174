import type { Configuration, Origins, VaultSettings } from '../../src/config/configuration.js';
import type { Task } from '../../src/protocol/task.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { newRunId } from '../../src/run-record/run-id.js';
import type { RunView } from '../view/run-view.js';
import { planJobs } from './plan-jobs.js';
import { runJobs, type JobsEnd } from './run-jobs.js';

/** Does a task with these vaults that reads no source and leaves no run behind, each in a process of its own. */
export async function runUnrecorded(options: {
  readonly configuration: Configuration;
  readonly origins: Origins;
  readonly vaults: readonly VaultSettings[];
  readonly task: Task;
  readonly view: RunView;
  readonly startedAt?: Date;
  readonly runId?: string;
}): Promise<JobsEnd> {
  const { configuration, origins, vaults, task, view, startedAt = new Date() } = options;
  const { runId = newRunId(startedAt) } = options;
  const jobs = planJobs({
    ...{ configuration, origins, vaults, startedAt, task },
    directory: runDirectoryAt(configuration.run_dir, runId),
    precount: false,
    suffixUnixSeconds: undefined,
    environment: process.env,
    readsSource: false,
  });
  const { heartbeat_ms: heartbeatMs } = configuration.performance;
  // Another process would not know what the one before has done.
  return runJobs({ jobs, settings: configuration, view, heartbeatMs, maxRestarts: 0 });
}
