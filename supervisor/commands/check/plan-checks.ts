import type { CheckCommand } from './definition.js';
import type { Finding } from '../../../src/source/finding.js';
import type { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import type { InputSize } from '../../../src/source/source-kind.js';
import { kindOf, sourceKinds } from '../../../src/source/source-kinds.js';
import { usualSource } from '../../../src/source/source-settings.js';
import { proxies } from '../../../src/vault/proxy-choice.js';
import { findingsOf, type Check } from './check.js';
import { type CheckSubject, readConfiguration } from './check-configuration.js';
import { checkCredentials } from './check-credential.js';
import { checkRunDirectory } from './check-run-directory.js';
import { checkVaults, notCheckedFor } from './check-vaults.js';
import { describeEstimate, describeTogether, estimateLoad, foreseeLongValues } from './estimate-load.js';
import { judgeMachine } from './judge-machine.js';
import { probeTokens } from './probe-tokens.js';
import { readMachineFacts } from './machine-facts.js';
import { errorFacts, SuperviseError } from '../../../src/errors/supervise-error.js';
import { findSharedLoads, intendedLoad, mayLoadAgain, refusal } from '../../history/refuse-second-load.js';
import { StopSignals } from '../../process/stop-signals.js';
import { writeForPeople } from '../../view/write-for-people.js';
import type { CheckedGroup } from './render-check.js';

const notRead: readonly Finding[] = [
  { status: 'not_checked', message: 'not checked: needs a configuration that can be read' },
];

/** What was found, and what a later check needs of it. */
interface Needed<T> {
  readonly findings: readonly Finding[];
  readonly result: T;
}

/** The checks, and what they find each chosen vault's input to be, in the order of the vaults. */
export interface PlannedChecks {
  readonly checks: readonly Check[];
  readonly inputs: () => Promise<readonly InputSize[]>;
}

/**
 * All checks, in the order in which they are shown. They begin together; one that needs what another finds (a
 * credential, the size of the input) waits for that alone, and says so when it is not there.
 */
export function planChecks(
  subject: CheckSubject | undefined,
  command: CheckCommand,
  signal: AbortSignal,
  fingerprints?: Fingerprints,
): PlannedChecks {
  if (subject === undefined) {
    const groups = ['Credential', 'Vaults', 'Source', 'Run directory'];
    const unread = groups.map((group) => ({ group, look: () => Promise.resolve(notRead) }));
    return { checks: [...unread, machineCheck()], inputs: () => Promise.resolve([]) };
  }
  const { settings, vaults } = subject;
  const kind = kindOf(settings);
  const { precount } = command;
  const credentials = settle(checkCredentials(settings, signal), (check) => check.ready);
  const load = { settings, vaults, precount, proxy: proxies(process.env), fingerprints };
  const source = settle(kind.check(load, signal), (check) => check.sizes);
  const inputs = async (): Promise<readonly InputSize[]> => {
    const sizes = await source.then(({ result }) => result).catch(() => undefined);
    return vaults.map(({ name }) => sizes?.get(name) ?? { rows: undefined, bytes: 0 });
  };
  const checks: Check[] = [
    { group: 'Credential', look: async () => (await credentials).findings },
    {
      group: 'Vaults',
      look: async (at) => {
        const ready = await credentials.then(({ result }) => result).catch(() => undefined);
        return checkVaults(subject, ready, at);
      },
    },
    { group: kind.title, look: async () => atLeastOne((await source).findings) },
    {
      group: 'Estimate',
      look: async () => {
        const sizes = await inputs();
        const lifetime = kind.lifetime?.(settings);
        const now = new Date();
        const estimates = sizes.map((size) => estimateLoad(size, settings.performance, now));
        const each = vaults.flatMap(({ name, column }, at) => {
          const [size, estimate] = [sizes[at], estimates[at]];
          const long = foreseeLongValues({ name, column, isUnique: settings.skyflow.upsert }, size?.shape);
          return [estimate && describeEstimate(name, estimate, lifetime), long].filter(
            (finding) => finding !== undefined,
          );
        });
        const together = describeTogether(estimates, settings.performance);
        return together === undefined ? each : [...each, together];
      },
    },
    {
      group: 'Run directory',
      look: async () => {
        const loaded = findingsOf({ group: '', look: () => checkLoadedBefore(subject, command) }, signal);
        return [...(await checkRunDirectory(settings, await inputs())), ...(await loaded)];
      },
    },
    machineCheck(subject, command.maxParallelVaults),
    ...(command.probe === true ? [{ group: 'Probe', look: () => probeTokens(subject) }] : []),
  ];
  return { checks, inputs };
}

function atLeastOne(findings: readonly Finding[]): readonly Finding[] {
  return findings.length > 0 ? findings : notCheckedFor([], 'not checked: needs a configured vault');
}

/** Its failure is seen by who awaits it, and by nobody as an unhandled rejection. */
function settle<C extends { readonly findings: readonly Finding[] }, T>(
  check: Promise<C>,
  result: (check: C) => T,
): Promise<Needed<T>> {
  const settled = check.then((done) => ({ findings: done.findings, result: result(done) }));
  settled.catch(() => undefined);
  return settled;
}

function machineCheck(subject?: CheckSubject, maxParallelVaults?: number): Check {
  const { performance, source } = subject?.settings ?? {};
  const vaults = Math.max(1, subject?.vaults.length ?? 1);
  return {
    group: 'Machine',
    look: async () =>
      judgeMachine(await readMachineFacts(), {
        children: Math.min(vaults, maxParallelVaults ?? vaults),
        concurrency: performance?.max_concurrency ?? 32,
        batchSize: performance?.batch_size ?? 300,
        childBytes: sourceKinds[source ?? usualSource].childBytes,
      }),
  };
}

/** Whether an earlier run has loaded some of the same input: a load would be refused, with the command that goes on. */
async function checkLoadedBefore(
  { settings, vaults }: CheckSubject,
  command: CheckCommand,
): Promise<Finding[]> {
  if (mayLoadAgain(settings)) return [];
  const shared = await findSharedLoads(
    settings,
    vaults.map((vault) => intendedLoad(vault, settings)),
  );
  return shared.map((one): Finding => {
    const { message, hint } = errorFacts(refusal([one], settings, { given: command, selected: [one.vault] }));
    return { status: 'bad', subject: one.vault, message: message.replace(`vault ${one.vault}: `, ''), hint };
  });
}

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
