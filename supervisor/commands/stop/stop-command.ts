import { setTimeout as sleep } from 'node:timers/promises';
import { loadSettings } from '../../../src/config/load-configuration.js';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import type { ProcessIdentity } from '../../../src/journal/process-identity.js';
import { productVersion } from '../../../src/run/product-version.js';
import { findRun, listRuns, runDirectoryAt, type RunDirectory } from '../../../src/run/run-directory.js';
import { assertPrivateRun } from '../../../src/trust/private-run.js';
import { present } from '../../view/present.js';
import { workerOn } from '../report/is-being-worked-on.js';
import type { StopCommand } from './definition.js';

const pollMs = 100;

/**
 * `stop [RUN]`: SIGTERM to the process that holds the run's lock, which is known by pid, start time and boot: a pid that
 * somebody else has by now is never signalled. Resolves when nobody works on the run any more.
 */
export async function stopCommand(command: StopCommand): Promise<number> {
  const presentation = present(command);
  const { settings } = loadSettings({
    file: command.config.file,
    fileWasNamed: command.config.wasNamed,
    environment: process.env,
    flags: command.settings,
  });
  const { directory, worker } = await chooseActive(settings.run_dir, command.run);
  signal(worker, directory);
  presentation.people(`run ${directory.runId}: process ${worker.pid} was asked to stop\n`);
  while ((await workerOn(directory)) !== undefined) await sleep(pollMs);
  presentation.people(`run ${directory.runId} has stopped\n`);
  presentation.document({
    format_version: 1,
    program_version: productVersion,
    status: 'stopped',
    exit_code: 0,
    run_id: directory.runId,
    run_directory: directory.path,
    pid: worker.pid,
  });
  return 0;
}

interface ActiveRun {
  readonly directory: RunDirectory;
  readonly worker: ProcessIdentity;
}

async function chooseActive(runsDirectory: string, named: string | undefined): Promise<ActiveRun> {
  const directories =
    named === undefined
      ? (await listRuns(runsDirectory)).map((runId) => runDirectoryAt(runsDirectory, runId))
      : [await findRun(runsDirectory, named)];
  const active: ActiveRun[] = [];
  for (const directory of directories) {
    const worker = await workerOn(directory);
    if (worker !== undefined) active.push({ directory, worker });
  }
  const [only] = active;
  if (only === undefined) {
    const where = named === undefined ? `a run in ${runsDirectory}` : `run ${named}`;
    throw new SuperviseError('usage', `nobody works on ${where}`, {
      hint: 'A process of another host or container cannot be seen from here.',
    });
  }
  if (active.length > 1) {
    const ids = active.map(({ directory }) => `  ${directory.runId}`).join('\n');
    throw new SuperviseError('usage', `${active.length} runs are being worked on:\n${ids}`, {
      hint: 'Name the one to stop: skyflow-supervise stop RUN.',
    });
  }
  await assertPrivateRun(only.directory.path);
  return only;
}

function signal({ pid, startTicks }: ProcessIdentity, { runId }: RunDirectory): void {
  if (startTicks === undefined) {
    throw new SuperviseError(
      'usage',
      `this system does not tell whether process ${pid} is that of run ${runId}`,
      {
        hint: 'Look at the process, then stop it with kill.',
      },
    );
  }
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It has just ended by itself.
    if (systemCode(error) === 'ESRCH') return;
    throw new SuperviseError('usage', `process ${pid} of run ${runId} cannot be signalled`, { cause: error });
  }
}
