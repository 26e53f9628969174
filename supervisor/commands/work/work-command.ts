import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../../src/store/open-store.js';
import { storeTerms } from '../../cluster/cluster-wish.js';
import { neededStoreUrl } from '../../cluster/store-address.js';
import { PauseNotices } from '../../cluster/pause-notices.js';
import { prepareRun } from '../../cluster/prepare-run.js';
import { ShardLanes } from '../../cluster/shard-lanes.js';
import { ShardQueue } from '../../cluster/shard-queue.js';
import { assertOpenFiles } from '../../process/open-files.js';
import { StopSignals } from '../../process/stop-signals.js';
import { SecretRenewal } from '../../secrets/secret-renewal.js';
import { present, tellEnd } from '../../view/present.js';
import type { WorkCommand } from './definition.js';
import { settingsOf } from '../../command-line/configured.js';

const drainMs = 30_000;
const lookMs = 500;
/** How long nothing must have been there before `--drain` believes it: a run that has just begun is not recorded yet. */
const idleMs = 10_000;

/** `work`: until a signal, or with `--drain` until nothing is left. */
export async function workCommand(command: WorkCommand): Promise<number> {
  const presentation = present(command);
  const { view } = presentation;
  const settings = settingsOf(command);
  const { lanes: wanted = availableParallelism(), lease_ms: leaseMs } = settings.store;
  const terms = storeTerms(settings.store, await neededStoreUrl(settings));
  const { url, patienceMs } = terms;
  assertOpenFiles({ children: wanted, concurrency: settings.performance.max_concurrency });
  using signals = new StopSignals();
  const name = 'skyflow-supervise work';
  await using store = await openStore(url, { name, connections: 4, patienceMs, signal: signals.stopping });
  const { runs, workers } = store;
  await using queue = await ShardQueue.open({
    ...{ url, name, leaseMs },
    onProblem: (message) => view.notice('warn', message),
  });
  const secrets = new SecretRenewal(settings, (message) => view.notice('warn', message));
  const lanes = new ShardLanes({
    ...{ runs, workers, queue, store: terms, lanes: wanted },
    prepare: (run) => prepareRun(run, runs, command),
    stopping: signals.stopping,
    secrets: () => secrets,
    onNotice: (level, message, vault) => view.notice(level, message, vault),
  });
  signals.stopping.addEventListener('abort', () => lanes.stop(drainMs));
  signals.atOnce.addEventListener('abort', () => lanes.kill());
  await lanes.begin();
  view.notice('info', `working as ${lanes.id}, ${wanted} ${wanted === 1 ? 'lane' : 'lanes'}`);
  const pauses = new PauseNotices({ runs, onNotice: (level, text) => view.notice(level, text) });
  const beganMs = performance.now();
  let hasSeenWork = false;
  while (!signals.stopping.aborted) {
    await sleep(lookMs, undefined, { signal: signals.stopping }).catch(() => undefined);
    await pauses.look();
    if (!command.drain) continue;
    const isIdle = lanes.busy === 0 && (await runs.isIdle());
    hasSeenWork ||= !isIdle;
    if (isIdle && (hasSeenWork || performance.now() - beganMs > idleMs)) break;
  }
  await lanes.end();
  if (!signals.stopping.aborted) view.notice('info', 'nothing is left to be worked on');
  return tellEnd(presentation, signals.first === undefined ? 'drained' : 'stopped', 0);
}
