import { setTimeout as sleep } from 'node:timers/promises';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { isOver } from './cluster-outcomes.js';
import type { ClusterParts } from './cluster-parts.js';
import { clusterSnapshot } from './cluster-snapshot.js';
import { asShardJob } from './prepare-run.js';
import { ShardLanes } from './shard-lanes.js';
import { lookAgainMs } from './shard-queue.js';
import { describePause, Steering } from '../run/steering.js';
import { forgottenRun, lookBack } from './witness.js';

const watchMs = 1_000;
const restingLookMs = 100;
const drainMs = 30_000;
/** A machine that was not heard of for so long is not counted on. */
const aliveMs = 30_000;
const idleNoticeMs = 10_000;
/** After so long at the end it is said for whom it waits. */
const patientMs = 3_000;
/** Longer than a machine takes to notice and to drain nobody waits for it at the end. */
const goneMs = 45_000;

/** A sleep that somebody may end, also before it has begun. */
class Nap {
  #end = new AbortController();

  wake(): void {
    this.#end.abort();
  }

  async sleep(mostMs: number): Promise<void> {
    await sleep(mostMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
    this.#end = new AbortController();
  }
}

/** Works and looks on, until nothing more is done for the run anywhere. Resolves with what is to be said of a pause that holds. */
export async function watchCluster(parts: ClusterParts): Promise<string | undefined> {
  const { options, cluster, runId, queue, observer } = parts;
  const { runs, workers } = parts.store;
  const { signals } = options;
  const row = await runs.run(runId);
  const nap = new Nap();
  const lanes = new ShardLanes({
    ...{ runs, workers, queue, store: cluster.store, lanes: cluster.lanes },
    prepare: (run) => {
      if (run !== runId) throw new SuperviseError('config', `this process works on run ${runId}`);
      return Promise.resolve({
        jobs: new Map(
          cluster.shardJobs.map((job) => [job.vault.name, asShardJob(job, row?.recipient ?? undefined)]),
        ),
        heartbeatMs: options.heartbeatMs,
        maxRestarts: options.maxRestarts,
        directory: cluster.directory.path,
      });
    },
    stopping: signals.stopping,
    onNotice: (level, message, vault) => observer.notice(level, message, vault),
    secrets: () => parts.secrets,
    onHandled: () => nap.wake(),
  });
  const stop = (): void => {
    observer.notice('warn', `${signals.first ?? 'stop'}: every machine finishes what is on its way`);
    void runs.setControl(runId, 'stop').catch(() => undefined);
    lanes.stop(drainMs);
    nap.wake();
  };
  const killAll = (): void => lanes.kill();
  signals.stopping.addEventListener('abort', stop);
  signals.atOnce.addEventListener('abort', killAll);
  if (signals.stopping.aborted) stop();
  const control = parts.store.control(runId);
  const steering =
    options.pace &&
    new Steering(
      {
        setRates: (rates) => void runs.setRates(runId, rates).catch(() => undefined),
        pause: () => runs.setControl(runId, 'pause'),
        unpause: () => void runs.setControl(runId, 'go').catch(() => undefined),
      },
      {
        ...options.pace,
        ...options.schedule,
        runId,
        control,
        onOrder: options.onOrder ?? (() => Promise.resolve()),
        onStop: () => signals.stop('SIGTERM'),
        onNotice: (level, text) => observer.notice(level, text),
      },
    );
  try {
    await steering?.begin();
    await queue.offer(await runs.openShards(runId));
    await lanes.begin();
    await look(parts, lanes, nap);
    // Whoever has it stopped may have had it paused a moment before.
    return describePause(await control.orders().catch(() => undefined), runId);
  } finally {
    await steering?.end();
    await lanes.end();
    signals.stopping.removeEventListener('abort', stop);
    signals.atOnce.removeEventListener('abort', killAll);
  }
}

/** Throws when the store has forgotten; whoever else works on the run is told there. */
async function assertWitnessed({ cluster, runId, store: { runs } }: ClusterParts): Promise<void> {
  const forgotten = await lookBack(cluster.directory.path, () => runs.witness(runId));
  if (forgotten !== undefined) await runs.reportForgotten(runId);
  if (forgotten !== undefined || (await runs.run(runId))?.forgotten === true)
    throw forgotten ?? forgottenRun();
}

async function look(parts: ClusterParts, lanes: ShardLanes, nap: Nap): Promise<void> {
  const { cluster, runId, queue, observer, options } = parts;
  const { runs, workers } = parts.store;
  let offeredMs = performance.now();
  let restingMs: number | undefined;
  let idleMs: number | undefined;
  let isTold = false;
  let isWaitTold = false;
  for (;;) {
    await assertWitnessed(parts);
    const rows = await runs.vaults(runId);
    const control = (await runs.run(runId))?.control;
    for (const row of rows) {
      const phase = isOver(row) ? 'finished' : 'loading';
      const waitsFor = control === 'pause' && !isOver(row) ? 'go' : undefined;
      observer.changed(row.vault, { phase, snapshot: clusterSnapshot(row), restarts: 0, waitsFor });
    }
    const machines = await workers.machines(runId);
    observer.machines(machines);
    idleMs = machines.some(({ silent_ms: silentMs }) => silentMs !== null && silentMs < aliveMs)
      ? undefined
      : (idleMs ?? performance.now());
    if (!isTold && idleMs !== undefined && performance.now() - idleMs > idleNoticeMs) {
      isTold = true;
      observer.notice('warn', 'nobody works on this run: start `work` on a machine, or go on with --lanes');
    }
    for (const { vault, error } of await workers.stuck(runId)) await runs.endVault(runId, vault, error);
    // Whoever stopped it, wherever: this command ends as stopped too.
    if (control === 'stop') options.signals.stop('SIGTERM');
    const isStopped = options.signals.stopping.aborted;
    const isResting = rows.every((row) => isOver(row) || isStopped);
    restingMs = isResting ? (restingMs ?? performance.now()) : undefined;
    const isAtRest = rows.every(({ shards_owned }) => shards_owned === 0) && lanes.busy === 0;
    const restedMs = restingMs === undefined ? 0 : performance.now() - restingMs;
    // Whoever signals once more waits for nobody but the own children, which are killed.
    const isEnough = restedMs > goneMs || (options.signals.atOnce.aborted && lanes.busy === 0);
    if (restingMs !== undefined && (isAtRest || isEnough)) return;
    if (!isWaitTold && restedMs > patientMs) {
      isWaitTold = true;
      const others = machines.filter(({ worker, working_on: on }) => worker !== lanes.id && on.length > 0);
      const who = others.map(({ worker }) => worker).join(', ');
      if (who !== '') observer.notice('info', `waiting for ${who}, which may have requests on their way`);
    }
    if (!isStopped && performance.now() - offeredMs > lookAgainMs(cluster.leaseMs)) {
      offeredMs = performance.now();
      // The engine may be away; it is asked again.
      await queue.offer(await runs.openShards(runId)).catch(() => undefined);
    }
    await nap.sleep(isResting ? restingLookMs : watchMs);
  }
}
