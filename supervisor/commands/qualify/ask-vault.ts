import type { Configuration, Origins, VaultSettings } from '../../../src/config/configuration.js';
import type { Task } from '../../../src/protocol/task.js';
import { runDirectoryAt } from '../../../src/run-record/run-directory.js';
import { newRunId } from '../../../src/run-record/run-id.js';
import { planJobs } from '../../run/plan-jobs.js';
import { runJobs, type JobsEnd } from '../../run/run-jobs.js';
import type { RunView } from '../../view/run-view.js';

/** Runs the experiments on these vaults, each in its own process. */
export async function askByExperiments(options: {
  readonly configuration: Configuration;
  readonly origins: Origins;
  readonly vaults: readonly VaultSettings[];
  readonly task: Extract<Task, { kind: 'qualify' }>;
  readonly view: RunView;
}): Promise<JobsEnd> {
  const { configuration, origins, vaults, task, view } = options;
  const startedAt = new Date();
  const jobs = planJobs({
    ...{ configuration, origins, vaults, startedAt, task },
    directory: runDirectoryAt(configuration.run_dir, newRunId(startedAt)),
    precount: false,
    suffixUnixSeconds: undefined,
    environment: process.env,
    readsSource: false,
  });
  const { heartbeat_ms: heartbeatMs } = configuration.performance;
  // Another process would begin from nothing.
  return runJobs({ jobs, settings: configuration, view, heartbeatMs, maxRestarts: 0 });
}
