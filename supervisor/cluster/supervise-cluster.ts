import { setTimeout as sleep } from 'node:timers/promises';
import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import { shareOf } from '../../src/config/rates.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { productVersion } from '../../src/run/product-version.js';
import type { RunDirectory } from '../../src/run/run-directory.js';
import type { RunRecord } from '../../src/run/run-record.js';
import { makeRunRecipient, readRunIdentity } from '../../src/privacy/run-identity.js';
import { placePieces, readPiecesText } from '../../src/source/pieces/piece-file.js';
import { exportVault } from '../../src/store/export-run.js';
import { Store } from '../../src/store/store.js';
import { StoredRuns, type PlannedVault, type VaultRow } from '../../src/store/stored-runs.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import { broadcast } from '../run/run-observer.js';
import { Steering } from '../run/steering.js';
import type { JobsEnd, JobsRequest } from '../run/run-jobs.js';
import { noRunLog } from '../run/run-log.js';
import { SecretRenewal } from '../secrets/secret-renewal.js';
import type { StopSignals } from '../process/stop-signals.js';
import { VaultSupervision } from '../run/supervise-vault.js';
import { clusterSnapshot } from './cluster-snapshot.js';
import { cutShards } from './cut-shards.js';
import { ShardLanes } from './shard-lanes.js';
import { ShardQueue } from './shard-queue.js';
import { assertNotForgotten, keepWitness, readWitness } from './witness.js';

export interface ClusterOptions {
  /** Of the store; with its password. */
  readonly url: string;
  /** Shards that are worked on here at the same time; 0: others do all of it. */
  readonly lanes: number;
  readonly shardRows: number;
  readonly permitTtlMs: number;
  readonly leaseMs: number;
  readonly directory: RunDirectory;
  readonly record: RunRecord;
  readonly fingerprintKey?: string | undefined;
  /** Of each vault: to look its source over, */
  readonly jobs: readonly VaultJob[];
  /** and to work on a shard of it. */
  readonly shardJobs: readonly VaultJob[];
  /** A store that is known to have forgotten is gone on with all the same. */
  readonly repair: boolean;
}

const watchMs = 1_000;
const offerEveryMs = 5_000;
const drainMs = 30_000;
/** Longer than a machine takes to notice and to drain nobody waits for it at the end. */
const goneMs = 45_000;

/**
 * Runs the vaults of a run over all machines that share a store: plans and records it, hands its shards out, works on
 * some of them, watches, and writes its journals here when it has come to rest. It may die at any moment: the others go
 * on, and `resume` ends the run from anywhere.
 */
export async function superviseCluster(request: JobsRequest, cluster: ClusterOptions): Promise<JobsEnd> {
  const { view, log = noRunLog(), signals } = request;
  const { jobs } = cluster;
  if (signals === undefined)
    throw new RangeError('whoever has a run over several machines stopped has its signals');
  const options = { ...request, jobs, signals };
  const observer = broadcast([log.observer, view, ...(request.observers ?? [])], (error) => {
    log.logger.warn({ error: errorFacts(error) }, 'an observer failed');
  });
  const name = `skyflow-supervise ${cluster.record.run_id}`;
  const store = await Store.open(cluster.url, { name, connections: 4 });
  const runs = new StoredRuns(store);
  const startedMs = performance.now();
  try {
    await store.assertReady({ signal: signals.stopping });
    await using queue = await ShardQueue.open({
      ...{ url: cluster.url, name, leaseMs: cluster.leaseMs },
      onProblem: (message) => observer.notice('warn', message),
    });
    await observer.begun({ vaults: jobs.map(({ vault }) => vault.name), directory: cluster.directory });
    const run = new ClusterRun({ options, cluster, observer, runs, queue, store });
    const isRecorded = (await runs.run(cluster.record.run_id)) !== undefined;
    if (isRecorded) await run.reopen();
    else {
      const refused = await run.plan();
      if (refused !== undefined) return { outcomes: refused, interruptedBy: signals.first };
    }
    await run.watch();
    for (const job of jobs) request.prepare?.(job);
    const outcomes = await run.outcomes(performance.now() - startedMs);
    return { outcomes, interruptedBy: signals.first };
  } finally {
    await observer.settled();
    await store.close();
  }
}

interface ClusterParts {
  readonly options: JobsRequest & { readonly jobs: readonly VaultJob[]; readonly signals: StopSignals };
  readonly cluster: ClusterOptions;
  readonly observer: ReturnType<typeof broadcast>;
  readonly runs: StoredRuns;
  readonly queue: ShardQueue;
  readonly store: Store;
}

class ClusterRun {
  readonly #parts: ClusterParts;
  readonly #runId: string;
  readonly #secrets: SecretRenewal;
  readonly #uploadedBefore = new Map<string, number>();

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#secrets = new SecretRenewal(parts.options.settings, (text) => parts.observer.notice('warn', text));
    this.#runId = parts.cluster.record.run_id;
  }

  /** Looks every source over and records the run. Resolves with outcomes when a vault cannot be begun: nothing is then. */
  async plan(): Promise<VaultOutcome[] | undefined> {
    const { options, cluster, runs } = this.#parts;
    const outcomes = await Promise.all(options.jobs.map((job) => this.#planOne(job)));
    if (outcomes.some(({ findings }) => findings?.kind !== 'plan')) {
      return outcomes.map((outcome) => ({ ...outcome, findings: undefined, status: 'not_started' }));
    }
    const privacy = options.jobs[0]?.errorLogPrivacy;
    const recipient =
      privacy === undefined
        ? await makeRunRecipient(cluster.directory.path)
        : privacy.kind === 'encrypted'
          ? privacy.recipient
          : undefined;
    const vaults: PlannedVault[] = [];
    for (const [at, job] of options.jobs.entries()) vaults.push(await this.#planned(job, outcomes[at]));
    const { record, fingerprintKey } = cluster;
    await runs.record({
      ...{ runId: this.#runId, version: productVersion, record, recipient, fingerprintKey, vaults },
    });
    return undefined;
  }

  /** Goes on with a run that came to rest, or that somebody else watches too. */
  async reopen(): Promise<void> {
    const { runs, cluster } = this.#parts;
    const now = await runs.witness(this.#runId);
    const isForgetful = (await readWitness(cluster.directory.path)) > now;
    await assertNotForgotten(cluster.directory.path, now, cluster);
    if (isForgetful) await runs.distrust(this.#runId);
    await this.#bringPieces();
    for (const { vault, uploaded } of await runs.vaults(this.#runId))
      this.#uploadedBefore.set(vault, uploaded);
    await runs.reopen(this.#runId, cluster.record);
  }

  /** What was seen of the files stands beside the run, also where it was not begun. */
  async #bringPieces(): Promise<void> {
    const { runs, cluster, options } = this.#parts;
    const { path } = cluster.directory;
    for (const { vault } of options.jobs) {
      const { pieces = null } = (await runs.plan(this.#runId, vault.name)) ?? {};
      if (pieces === null || (await readPiecesText(path, vault.name)) !== undefined) continue;
      await placePieces(path, { runId: this.#runId, vaultName: vault.name }, pieces, (name) => name);
    }
  }

  async #planOne(job: VaultJob): Promise<VaultOutcome> {
    const { options, observer } = this.#parts;
    const { name } = job.vault;
    const vault = new VaultSupervision({
      heartbeatMs: options.heartbeatMs,
      maxRestarts: options.maxRestarts,
      job: { ...(options.prepare?.(job) ?? job), task: { kind: 'plan' } },
      stopping: options.signals.stopping,
      onStarted: () => undefined,
      askForToken: options.askForToken ?? (() => Promise.resolve(undefined)),
      renewSecret: (key, generation) => this.#secrets.ask(key, generation),
      logins: this.#secrets.logins,
      onState: ({ snapshot, restarts }) => observer.changed(name, { phase: 'checking', snapshot, restarts }),
      onInputs: (inputs) => options.onInputs?.(name, inputs),
      canAskForToken: options.canAskForToken ?? (() => false),
      onNotice: (level, message) => observer.notice(level, message, name),
    });
    const stop = (): void => vault.stop(drainMs);
    options.signals.stopping.addEventListener('abort', stop);
    const outcome = await vault.outcome;
    options.signals.stopping.removeEventListener('abort', stop);
    return outcome;
  }

  async #planned(job: VaultJob, outcome: VaultOutcome | undefined): Promise<PlannedVault> {
    const { options, cluster } = this.#parts;
    const findings = outcome?.findings;
    if (findings?.kind !== 'plan') throw new RangeError('a vault that was not planned');
    const { rows, inputs, query, table_count } = findings;
    const { extent, maxRecordsIsDefault, rates } = job.delivery;
    const { max_records: maxRecords, max_errors: maxErrors, max_held: maxHeld } = job.performance;
    const start = Math.min(extent?.start ?? 0, rows);
    const last = Math.min(rows, extent?.end ?? Infinity, start + (maxRecords || Infinity));
    const end = Math.max(start, last);
    const pieces = (await readPiecesText(cluster.directory.path, job.vault.name)) ?? null;
    return {
      name: job.vault.name,
      target: targetOf(job),
      rates: options.sharedRates === undefined ? rates : shareOf(options.sharedRates, options.jobs.length),
      maxFailed: typeof maxErrors === 'number' ? maxErrors : undefined,
      maxHeld,
      plan: {
        rows,
        start,
        end,
        is_limited: end < rows && maxRecordsIsDefault,
        inputs,
        query,
        table_count,
        pieces,
      },
      shards: cutShards({ start, end }, cluster.shardRows),
    };
  }

  /** Works and looks on, until nothing more is done for the run anywhere. */
  async watch(): Promise<void> {
    const { options, cluster, runs, queue, observer } = this.#parts;
    const { signals } = options;
    const row = await runs.run(this.#runId);
    const lanes = new ShardLanes({
      ...{ runs, queue, url: cluster.url, permitTtlMs: cluster.permitTtlMs, lanes: cluster.lanes },
      prepare: (run) => {
        if (run !== this.#runId)
          throw new SuperviseError('config', `this process works on run ${this.#runId}`);
        return Promise.resolve({
          jobs: new Map(
            cluster.shardJobs.map((job) => [job.vault.name, asShardJob(job, row?.recipient ?? undefined)]),
          ),
          heartbeatMs: options.heartbeatMs,
          maxRestarts: options.maxRestarts,
        });
      },
      stopping: signals.stopping,
      onNotice: (level, message, vault) => observer.notice(level, message, vault),
      secrets: () => this.#secrets,
    });
    const stop = (): void => {
      observer.notice('warn', `${signals.first ?? 'stop'}: every machine finishes what is on its way`);
      void runs.setControl(this.#runId, 'stop').catch(() => undefined);
      lanes.stop(drainMs);
    };
    const killAll = (): void => lanes.kill();
    signals.stopping.addEventListener('abort', stop);
    signals.atOnce.addEventListener('abort', killAll);
    if (signals.stopping.aborted) stop();
    const steering =
      options.pace &&
      new Steering(
        {
          setRates: (rates) => void runs.setRates(this.#runId, rates).catch(() => undefined),
          pause: () => runs.setControl(this.#runId, 'pause'),
          unpause: () => void runs.setControl(this.#runId, 'go').catch(() => undefined),
        },
        {
          ...options.pace,
          control: options.control,
          onOrder: options.onOrder ?? (() => Promise.resolve()),
          onStop: () => signals.stop('SIGTERM'),
          onNotice: (level, text) => observer.notice(level, text),
        },
      );
    try {
      await steering?.begin();
      await queue.offer(await runs.openShards(this.#runId));
      await lanes.begin();
      await this.#look(lanes);
    } finally {
      await steering?.end();
      await lanes.end();
      signals.stopping.removeEventListener('abort', stop);
      signals.atOnce.removeEventListener('abort', killAll);
    }
  }

  async #look(lanes: ShardLanes): Promise<void> {
    const { cluster, runs, queue, observer, options } = this.#parts;
    let offeredMs = performance.now();
    let restingMs: number | undefined;
    for (;;) {
      await keepWitness(cluster.directory.path, await runs.witness(this.#runId), cluster.repair);
      const rows = await runs.vaults(this.#runId);
      for (const row of rows) {
        const phase = isOver(row) ? 'finished' : 'loading';
        observer.changed(row.vault, { phase, snapshot: clusterSnapshot(row), restarts: 0 });
      }
      for (const { vault, error } of await runs.stuck(this.#runId))
        await runs.endVault(this.#runId, vault, error);
      const isStopped = options.signals.stopping.aborted || (await runs.run(this.#runId))?.control === 'stop';
      const isResting = rows.every((row) => isOver(row) || isStopped);
      restingMs = isResting ? (restingMs ?? performance.now()) : undefined;
      const isAtRest = rows.every(({ shards_owned }) => shards_owned === 0) && lanes.busy === 0;
      if (restingMs !== undefined && (isAtRest || performance.now() - restingMs > goneMs)) return;
      if (!isStopped && performance.now() - offeredMs > offerEveryMs) {
        offeredMs = performance.now();
        // The engine may be away; it is asked again.
        await queue.offer(await runs.openShards(this.#runId)).catch(() => undefined);
      }
      await sleep(isResting ? 100 : watchMs);
    }
  }

  /** What came of it, with journals and error logs in the run directory as a load of this machine alone leaves them. */
  async outcomes(durationMs: number): Promise<VaultOutcome[]> {
    const { cluster, runs, store, options } = this.#parts;
    const identity = await readRunIdentity(cluster.directory.path);
    const rows = new Map((await runs.vaults(this.#runId)).map((row) => [row.vault, row]));
    const isStopped = options.signals.stopping.aborted || (await runs.run(this.#runId))?.control === 'stop';
    const outcomes: VaultOutcome[] = [];
    for (const { vault } of options.jobs) {
      const row = rows.get(vault.name);
      const plan = await runs.plan(this.#runId, vault.name);
      if (row === undefined || plan === undefined) {
        outcomes.push({ ...named(vault), status: 'not_started', restarts: 0 });
        continue;
      }
      const header = {
        ...{
          runId: this.#runId,
          vaultName: vault.name,
          vaultId: vault.id,
          table: vault.table,
          column: vault.column,
        },
        startedAt: cluster.record.started_at,
      };
      const exported = { header, extent: plan, shards: row.shards };
      await exportVault(store, cluster.directory.path, exported, identity);
      outcomes.push({
        ...named(vault),
        status: statusOf(row, plan.is_limited, isStopped),
        snapshot: clusterSnapshot(row),
        uploadedBefore: this.#uploadedBefore.get(vault.name) ?? 0,
        error: row.error === null ? endedBy(row, vault.name) : withHint(row.error),
        restarts: 0,
        durationMs,
      });
    }
    const isOver = outcomes.every(({ status }) => status === 'complete' || status === 'failures');
    await runs.finish(this.#runId, cluster.record, isOver);
    return outcomes;
  }
}

/** The job of a vault for whoever works on a shard of it: what was seen of its source is known, and nothing is in clear. */
export function asShardJob(job: VaultJob, recipient: string | undefined): VaultJob {
  const { errorLogPrivacy: own, ...rest } = job;
  const errorLogPrivacy =
    own ?? (recipient === undefined ? undefined : { kind: 'encrypted' as const, recipient });
  return {
    ...rest,
    ...(errorLogPrivacy === undefined ? {} : { errorLogPrivacy }),
    // How many of a vault's rows are meant was decided when it was cut.
    delivery: { ...job.delivery, maxRecordsIsDefault: false },
  };
}

function targetOf({ skyflow, vault }: VaultJob): string {
  return JSON.stringify([new URL(skyflow.vault_url).host, vault.id, vault.table]);
}

function isOver({ shards, shards_done, control }: VaultRow): boolean {
  return shards_done === shards || control !== 'go';
}

function statusOf(row: VaultRow, isLimited: boolean, isStopped: boolean): VaultOutcome['status'] {
  if (row.shards_done < row.shards) return isStopped && row.control === 'go' ? 'interrupted' : 'incomplete';
  if (row.failed > 0) return 'failures';
  return isLimited ? 'limited' : 'complete';
}

function endedBy({ control }: VaultRow, vault: string): VaultOutcome['error'] {
  if (control !== 'too_many_errors' && control !== 'too_many_held') return undefined;
  const limit =
    control === 'too_many_errors' ? 'records failed than max_errors' : 'records are held back than max_held';
  return {
    code: 'too_many_errors',
    message: `vault ${vault}: more ${limit} allows`,
    hint: 'Look at the error log; then go on with `resume`, or raise the limit.',
  };
}

function named({ name, id, table }: VaultJob['vault']): Pick<VaultOutcome, 'name' | 'id' | 'table'> {
  return { name, id, table };
}

function withHint({ code, message, hint }: NonNullable<VaultRow['error']>): VaultOutcome['error'] {
  return hint === undefined ? { code, message } : { code, message, hint };
}
