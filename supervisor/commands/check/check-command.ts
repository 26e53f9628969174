import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { productVersion } from '../../../src/run/product-version.js';
import type { CheckCommand } from './definition.js';
import { present, type Presentation } from '../../view/present.js';
import { StopSignals } from '../../process/stop-signals.js';
import { exitCodeOf, findingsOf } from './check.js';
import { readConfiguration } from './check-configuration.js';
import { planChecks } from './plan-checks.js';
import { renderGroup, renderVerdict, type CheckedGroup } from './render-check.js';
import { writeForPeople } from '../../view/write-for-people.js';

/** `check`: whether a load could begin. Nothing is inserted and no run directory is made. Exits with 0 or 2. */
export async function checkCommand(command: CheckCommand): Promise<number> {
  const presentation = present(command);
  const { subject, findings } = await readConfiguration(command);
  const signals = new StopSignals();
  const { stopping } = signals;
  // Not everything that is looked at can be stopped: a pipe in the place of a file, a file system that hangs.
  const stopped = new Promise<never>((_resolve, reject) => {
    stopping.addEventListener('abort', () => reject(stopping.reason as Error));
  });
  stopped.catch(() => undefined);
  try {
    const checks = planChecks(subject, command, stopping);
    const pending = checks.map(async (check): Promise<CheckedGroup> => ({
      group: check.group,
      findings: await Promise.race([findingsOf(check, stopping), stopped]),
    }));
    for (const one of pending) one.catch(() => undefined);
    const done: CheckedGroup[] = [{ group: 'Configuration', findings }];
    show(done[0], command, presentation);
    for (const next of pending) {
      const group = await whileWaiting(checks[done.length - 1]?.group ?? '', next);
      show(group, command, presentation);
      done.push(group);
    }
    return conclude(done, command, presentation);
  } catch (error) {
    if (!stopping.aborted) throw error;
    throw new SuperviseError('interrupted', 'stopped; nothing was sent');
  } finally {
    signals.close();
  }
}

/** On a terminal a line says what is being waited for, as long as it is. */
async function whileWaiting<T>(what: string, work: Promise<T>): Promise<T> {
  const { stderr } = process;
  if (!stderr.isTTY) return work;
  writeForPeople(stderr, `${what} ...`);
  try {
    return await work;
  } finally {
    stderr.write('\r\u001b[K');
  }
}

/** Quiet says only what is not good. */
function show(
  group: CheckedGroup | undefined,
  { verbosity }: CheckCommand,
  presentation: Presentation,
): void {
  if (group === undefined) return;
  const findings =
    verbosity === 'quiet' ? group.findings.filter(({ status }) => status !== 'good') : group.findings;
  if (findings.length > 0)
    presentation.people(renderGroup({ ...group, findings }, presentation.style, verbosity === 'verbose'));
}

function conclude(
  groups: readonly CheckedGroup[],
  command: CheckCommand,
  presentation: Presentation,
): number {
  const all = groups.flatMap(({ findings }) => findings);
  const exitCode = exitCodeOf(all);
  presentation.people(renderVerdict(all, presentation.style));
  presentation.document({
    format_version: 1,
    program_version: productVersion,
    status: exitCode === 0 ? 'ready' : 'not_ready',
    exit_code: exitCode,
    config_file: command.config.file,
    checks: groups.flatMap(({ group, findings }) => findings.map((finding) => ({ group, ...finding }))),
  });
  return exitCode;
}
