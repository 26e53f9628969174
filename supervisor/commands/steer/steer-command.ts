import { rateKeys, ratesOf } from '../../../src/rates/rates.js';
import { openRunControl } from '../../../src/control/open-run-control.js';
import type { Order, OrderAnswer, RunOrders } from '../../../src/control/run-control.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { isUnfinishedRun } from '../../history/known-runs.js';
import { runDirectoryAt, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { readRunRecord } from '../../../src/run-record/run-record.js';
import { findActiveRun } from '../../history/active-run.js';
import { describeRates } from '../../run/steering.js';
import { openStoredRun, type OpenStoredRun } from '../../cluster/stored-run.js';
import { present, tellEnd, type Presentation } from '../../view/present.js';
import { isFollowed, statusAge } from './await-answer.js';
import type { PaceCommand, PauseCommand } from './definition.js';
import { settingsOf } from '../../command-line/configured.js';

/** `pause [RUN]`: resolves when no vault begins a request any more. */
export function pauseCommand(command: PauseCommand): Promise<number> {
  return steer(command, () => ({ kind: 'pause' }));
}

/** `go [RUN]`. */
export function goCommand(command: PauseCommand): Promise<number> {
  return steer(command, () => ({ kind: 'go' }));
}

/** `pace [RUN]`: other rates. Throws `usage` when none is given. */
export function paceCommand(command: PaceCommand): Promise<number> {
  const given = rateKeys.filter((key) => command.settings[`performance.${key}`] !== undefined);
  if (given.length === 0 && !command.asConfigured) {
    throw new SuperviseError('usage', 'pace needs a rate', {
      hint: 'For example --max-requests-per-second 20; or --as-configured.',
    });
  }
  return steer(command, (performance) => {
    const rates = ratesOf(performance);
    return { kind: 'pace', rates: ratesOf(Object.fromEntries(given.map((key) => [key, rates[key]]))) };
  });
}

async function steer(command: PauseCommand, orderFor: (performance: object) => Order): Promise<number> {
  const presentation = present(command);
  const settings = settingsOf(command);
  const order = orderFor(settings.performance);
  await using stored = await openStoredRun(settings, { named: command.run, command: order.kind });
  if (stored !== undefined)
    return await steerStored(stored, order, { presentation, runsDirectory: settings.run_dir });
  const { directory, worker } = await findActiveRun(settings.run_dir, {
    named: command.run,
    command: order.kind,
  });
  const isWorkedOn = worker !== undefined || (await statusAge(directory)) !== undefined;
  if (!isWorkedOn && !isUnfinishedRun(await readRunRecord(directory)))
    throw new SuperviseError('usage', `run ${directory.runId} is finished`);
  const control = openRunControl(directory.path);
  const orders = await control.give(order);
  const isInForce = isWorkedOn && (await isFollowed(control, orders.number));
  const answer = isInForce ? await control.answered() : undefined;
  return say(presentation, { directory, orders, answer, isWorkedOn });
}

/** In force as soon as it is given: every permission to send asks the store. */
async function steerStored(
  { runId, runs, control }: OpenStoredRun,
  order: Order,
  { presentation, runsDirectory }: { readonly presentation: Presentation; readonly runsDirectory: string },
): Promise<number> {
  if ((await runs.run(runId))?.is_finished === true)
    throw new SuperviseError('usage', `run ${runId} is finished`);
  const orders = await control.give(order);
  const directory = runDirectoryAt(runsDirectory, runId);
  return say(presentation, { directory, orders, answer: await control.answered(), isWorkedOn: true });
}

interface Steered {
  readonly directory: RunDirectory;
  readonly orders: RunOrders;
  readonly answer: OrderAnswer | undefined;
  readonly isWorkedOn: boolean;
}

function say(presentation: Presentation, { directory, orders, answer, isWorkedOn }: Steered): number {
  const isInForce = answer !== undefined;
  const exitCode = isWorkedOn && !isInForce ? 3 : 0;
  presentation.people(`run ${directory.runId} ${describe(orders, answer, isWorkedOn)}\n`);
  return tellEnd(presentation, isInForce ? 'followed' : 'asked', exitCode, {
    run_id: directory.runId,
    run_directory: directory.path,
    paused: orders.paused,
    rates: answer?.rates ?? orders.rates,
  });
}

function describe(orders: RunOrders, answer: OrderAnswer | undefined, isWorkedOn: boolean): string {
  if (answer !== undefined)
    return answer.paused
      ? 'is paused: nothing is sent until `skyflow-supervise go`'
      : `goes on, ${describeRates(answer.rates)}`;
  if (isWorkedOn) return 'was asked, and has not answered within 10 s: it will follow when it can';
  return `is not being worked on: ${orders.paused ? 'it will be paused' : 'this will hold'} when it is gone on with`;
}
