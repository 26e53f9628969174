import { SuperviseError } from '../../../src/errors/supervise-error.js';
import type { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import type { InputSize } from '../../../src/source/source-kind.js';
import { StopSignals } from '../../process/stop-signals.js';
import { writeForPeople } from '../../view/write-for-people.js';
import { findingsOf } from './check.js';
import { readConfiguration, type CheckSubject } from './check-configuration.js';
import type { CheckCommand } from './definition.js';
import { planChecks } from './plan-checks.js';
import type { CheckedGroup } from './render-check.js';

/** What all checks have found. */
export interface CheckedAll {
  /** Undefined: the configuration cannot be read. */
  readonly subject: CheckSubject | undefined;
  readonly groups: readonly CheckedGroup[];
  /** What each chosen vault's input was found to be. */
  readonly inputs: readonly InputSize[];
}

/**
 * Looks at everything that a load needs, and shows each group in its turn. Throws `interrupted` when it is stopped; nothing
 * was sent then, nor ever is.
 */
export async function performChecks(
  command: CheckCommand,
  show: (group: CheckedGroup) => void,
  fingerprints?: Fingerprints,
): Promise<CheckedAll> {
  const { subject, findings } = await readConfiguration(command);
  const signals = new StopSignals();
  const { stopping } = signals;
  // Not everything that is looked at can be stopped: a pipe in the place of a file, a file system that hangs.
  const stopped = new Promise<never>((_resolve, reject) => {
    stopping.addEventListener('abort', () => reject(stopping.reason as Error));
  });
  stopped.catch(() => undefined);
  try {
    const { checks, inputs } = planChecks(subject, command, stopping, fingerprints);
    const pending = checks.map(async (check): Promise<CheckedGroup> => ({
      group: check.group,
      findings: await Promise.race([findingsOf(check, stopping), stopped]),
    }));
    for (const one of pending) one.catch(() => undefined);
    const done: CheckedGroup[] = [{ group: 'Configuration', findings }];
    for (const group of done) show(group);
    for (const next of pending) {
      const group = await whileWaiting(checks[done.length - 1]?.group ?? '', next);
      show(group);
      done.push(group);
    }
    return { subject, groups: done, inputs: await inputs() };
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
