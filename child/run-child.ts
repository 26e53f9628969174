import { SuperviseError, errorFacts } from '../src/errors/supervise-error.js';
import type { VaultJob } from '../src/protocol/messages.js';
import { DeliveryMetrics } from '../src/figures/delivery-metrics.js';
import { NOTHING_YET } from '../src/figures/snapshot.js';
import { hardenProcess } from '../src/system/harden-process.js';
import { YoungRoom } from '../src/system/young-room.js';
import { productVersion } from '../src/product/product.js';
import type { VaultControls, TaskOptions, TaskResult } from './task.js';
import { assertSameVersion, ParentChannel } from './parent-channel.js';
import type { Rates } from '../src/rates/rates.js';
import type { RecordAccounts } from './load/record-accounts.js';
import { LoginRequests, SecretRequests } from './parent-requests.js';
import { StopSwitch } from './stop-switch.js';
import { loadVault } from './load/load-vault.js';

/** An orphan must be gone within 10 s; what is left of them closes the journal. */
const orphanDrainMs = 7_000;
const orphanEndMs = 9_500;
const terminatedDrainMs = 30_000;
const progressIntervalMs = 250;

/** One vault, from the job message to the result message. The process ends afterwards. */
export async function runChild(): Promise<void> {
  hardenProcess();
  const channel = new ParentChannel();
  await channel.send({ type: 'hello', version: productVersion, pid: process.pid });
  const stop = new StopSwitch();
  channel.orphaned.addEventListener('abort', () => {
    stop.stop(new SuperviseError('interrupted', 'the supervisor is gone'), orphanDrainMs);
    // What exits in order waits for system calls that may never return; the journal takes a kill as well.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), orphanEndMs).unref();
  });
  process.on('SIGTERM', () => stop.stop(new SuperviseError('interrupted', 'SIGTERM'), terminatedDrainMs));
  process.on('SIGHUP', () => undefined);

  try {
    const job = await firstJob(channel, stop);
    process.title = `skyflow-supervise ${job.vault.name}`;
    await runJob(job, channel, stop);
  } catch (error) {
    await channel.send({
      type: 'result',
      status: 'not_started',
      snapshot: NOTHING_YET,
      error: errorFacts(error),
    });
  }
  channel.close();
  stop.close();
  // An abandoned request of the Snowflake driver retries for minutes on timers that keep the process alive.
  // An exit waits for every thread, and a supervisor that is gone would not end one that waits for ever.
  if (channel.orphaned.aborted) process.kill(process.pid, 'SIGKILL');
  process.exit();
}

/** Rejects when it is to stop before there is one, as a child that was started ahead and is not needed. */
async function firstJob(channel: ParentChannel, stop: StopSwitch): Promise<VaultJob> {
  const stopped = new Promise<never>((_, reject) =>
    stop.stopping.addEventListener('abort', () => reject(stop.stopping.reason as Error), { once: true }),
  );
  const message = await Promise.race([channel.next(), stopped]);
  if (message.type !== 'job')
    throw new SuperviseError('protocol', `the first message is "${message.type}", not a job`);
  assertSameVersion(message.version);
  return message.job;
}

async function runJob(job: VaultJob, channel: ParentChannel, stop: StopSwitch): Promise<void> {
  const metrics = new DeliveryMetrics({ workersConfigured: job.performance.max_concurrency });
  let accounts: Pick<RecordAccounts, 'figures'> | undefined;
  let controls: VaultControls | undefined;
  // Said before the vault loads as a rule: a share that was forgotten would be a limit exceeded.
  let rates: Rates | undefined;
  let isHeld = false;
  const secrets = new SecretRequests((message) => void channel.send(message));
  const login = new LoginRequests(job.vault.name, (message) => void channel.send(message));
  const snapshot = () => metrics.snapshot(accounts?.figures() ?? NOTHING_YET);
  channel.subscribe(
    (message) => {
      switch (message.type) {
        case 'token':
          controls?.answerToken(message.token);
          return;
        case 'secret':
          secrets.answer(message);
          return;
        case 'login':
          login.answer(message);
          return;
        case 'rates':
          rates = message.rates;
          controls?.setRates(rates);
          return;
        case 'hold':
          isHeld = true;
          void Promise.resolve(controls?.hold()).then(() => channel.send({ type: 'held' }));
          return;
        case 'release':
          isHeld = false;
          // Connections that the vault has closed meanwhile are seen first, in this turn of the loop.
          setImmediate(() => {
            if (!isHeld) controls?.release();
          });
          return;
        case 'stop':
          stop.stop(new SuperviseError('interrupted', 'asked to stop'), message.drainMs);
          void channel.send({ type: 'phase', phase: 'draining' });
          return;
        case 'job':
          stop.stop(new SuperviseError('protocol', 'a second job'), orphanDrainMs);
          return;
        default:
          message satisfies never;
      }
    },
    (error) => {
      stop.stop(error, orphanDrainMs);
    },
  );
  const youngRoom = new YoungRoom();
  const timer = setInterval(() => {
    youngRoom.bound();
    void channel.send({ type: 'progress', snapshot: snapshot() });
  }, progressIntervalMs);
  const result = await runTask({
    job,
    stop,
    metrics,
    renewSecret: (key, refused, signal) => secrets.ask(key, refused, signal),
    login,
    send: (message) => channel.send(message),
    onAccounts: (opened) => {
      accounts = opened;
    },
    onControls: (ready) => {
      controls = ready;
      if (rates !== undefined) ready.setRates(rates);
      if (isHeld) void ready.hold();
    },
  });
  clearInterval(timer);
  await channel.send({
    type: 'result',
    status: result.status,
    snapshot: snapshot(),
    ...(result.errorLog === undefined ? {} : { errorLog: result.errorLog }),
    ...(result.error === undefined ? {} : { error: result.error }),
    ...(result.findings === undefined ? {} : { findings: result.findings }),
  });
}

/** Does what the job says: loads the vault, or its task. Never rejects. */
async function runTask(options: TaskOptions): Promise<TaskResult> {
  const { task } = options.job;
  switch (task?.kind) {
    case undefined:
      return loadVault(options);
    case 'verify':
      return (await import('./verify/verify-vault.js')).verifyVault(options, task);
    case 'clear':
      return (await import('./clear/clear-vault.js')).clearVault(options, task);
    case 'undo':
      return (await import('./undo/undo-vault.js')).undoVault(options, task);
    case 'calibrate':
      return (await import('./calibrate/calibrate-vault.js')).calibrateVault(options, task);
    case 'qualify':
      return (await import('./qualify/qualify-vault.js')).qualifyVault(options, task);
    case 'plan':
      return (await import('./plan/plan-vault.js')).planVault(options);
    default:
      return task satisfies never;
  }
}
