import { setTimeout as sleep } from 'node:timers/promises';
import { openRunControl } from '../../../src/control/open-run-control.js';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import type { ProcessIdentity } from '../../../src/system/process-identity.js';
import { runDirectoryAt, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { findActiveRun, workerOn } from '../../history/active-run.js';
import { openStoredRun, type OpenStoredRun } from '../../cluster/stored-run.js';
import { present, tellEnd, type Presentation } from '../../view/present.js';
import { commandLine, configWords } from '../../history/command-words.js';
import { whatComesNext } from '../monitor/what-comes-next.js';
import { readRun } from '../monitor/watched-run.js';
import { isFollowed, statusAge } from '../steer/await-answer.js';
import type { StopCommand } from './definition.js';
import { settingsOf } from '../../command-line/configured.js';

const pollMs = 100;
/** Longer than a machine takes to drain nobody waits for it. */
const goneMs = 45_000;

/**
 * `stop [RUN]`: SIGTERM to the process that holds the run's lock, which is known by pid, start time and boot: a pid that
 * somebody else has by now is never signalled. Where a process of another host works on the run, or this system does not
 * tell, it is asked by the run's control. Resolves when nobody works on the run any more.
 */
export async function stopCommand(command: StopCommand): Promise<number> {
  const presentation = present(command);
  const settings = settingsOf(command);
  await using stored = await openStoredRun(settings, { named: command.run, command: 'stop' });
  if (stored !== undefined) {
    const directory = runDirectoryAt(settings.run_dir, stored.runId);
    presentation.people(`run ${stored.runId}: all who work on it were asked to stop\n`);
    await stopStored(stored);
    const isFinished = (await stored.runs.run(stored.runId))?.is_finished === true;
    const resume = commandLine('resume', stored.runId, ...configWords(command));
    return hasStopped(presentation, directory, {
      named: stored.runId,
      next: isFinished ? undefined : resume,
    });
  }
  const { directory, worker } = await findActiveRun(settings.run_dir, {
    named: command.run,
    command: 'stop',
  });
  const pid = worker?.startTicks === undefined ? undefined : worker.pid;
  if (worker?.startTicks === undefined) {
    await askByControl(directory);
    presentation.people(`run ${directory.runId}: whoever works on it was asked to stop\n`);
    while ((await statusAge(directory)) !== undefined) await sleep(pollMs);
  } else {
    signal(worker, directory);
    presentation.people(`run ${directory.runId}: process ${worker.pid} was asked to stop\n`);
    while ((await workerOn(directory)) !== undefined) await sleep(pollMs);
  }
  const next = await whatComesNext(await readRun(directory));
  return hasStopped(presentation, directory, {
    named: directory.path,
    next,
    facts: pid === undefined ? {} : { pid },
  });
}

/** Resolves when nobody has a shard of it in hand, or is not heard of any more. */
async function stopStored({ runId, runs, control }: OpenStoredRun): Promise<void> {
  await control.give({ kind: 'stop' });
  const untilMs = performance.now() + goneMs;
  while (
    (await runs.vaults(runId)).some(({ shards_owned }) => shards_owned > 0) &&
    performance.now() < untilMs
  )
    await sleep(pollMs);
}

function hasStopped(
  presentation: Presentation,
  { runId, path }: RunDirectory,
  {
    named,
    next,
    facts = {},
  }: { readonly named: string; readonly next: string | undefined; readonly facts?: object },
): number {
  const lines = [
    `run ${runId} has stopped`,
    ...(next === undefined ? [] : [`What comes next: ${next}`]),
    `How far it is: ${commandLine('monitor', named)}`,
  ];
  presentation.people(`${lines.join('\n')}\n`);
  const document = { run_id: runId, run_directory: path, ...facts, next: next ?? null };
  return tellEnd(presentation, 'stopped', 0, document);
}

async function askByControl(directory: RunDirectory): Promise<void> {
  const nobody = new SuperviseError('usage', `nobody works on run ${directory.runId}`, {
    hint: 'Its status.json is not replaced any more: whoever worked on it has ended.',
  });
  if ((await statusAge(directory)) === undefined) throw nobody;
  const control = openRunControl(directory.path);
  const { number } = await control.give({ kind: 'stop' });
  if (!(await isFollowed(control, number))) throw nobody;
}

function signal({ pid }: ProcessIdentity, { runId }: RunDirectory): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It has just ended by itself.
    if (systemCode(error) === 'ESRCH') return;
    throw new SuperviseError('usage', `process ${pid} of run ${runId} cannot be signalled`, { cause: error });
  }
}
