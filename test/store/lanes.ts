import { loadVault } from '../../child/load/load-vault.js';
import { planVault } from '../../child/plan/plan-vault.js';
import { StopSwitch } from '../../child/stop-switch.js';
import type { TaskResult } from '../../child/task.js';
import { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import { NOTHING_YET, type VaultSnapshot } from '../../src/figures/snapshot.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { productVersion } from '../../src/product/product.js';
import { beginSession } from '../../src/run-record/run-record.js';
import { readPiecesText } from '../../src/source/fingerprints/piece-file.js';
import { STORE_SCHEMA as S } from '../../src/store/postgres/schema-sql.js';
import { ShardPermits, type PermitRefusal } from '../../src/store/postgres/shard-permits.js';
import { StoreJournal } from '../../src/store/postgres/store-journal.js';
import type { Store } from '../../src/store/postgres/store.js';
import { recordRun } from '../../src/store/postgres/record-run.js';
import { StoredRuns } from '../../src/store/postgres/stored-runs.js';
import type { PlannedVault } from '../../src/store/run-plan.js';
import { jobFor } from '../support/job-for.js';
import type { TestSandbox } from '../support/sandbox.js';
import { vaults, type Workspace } from '../support/workspace.js';

type Settings = Partial<Pick<PlannedVault, 'maxFailed' | 'maxHeld' | 'maxErrorShare' | 'rates' | 'target'>>;
export interface JobOptions {
  readonly performance?: Partial<VaultJob['performance']>;
  readonly skyflow?: Partial<VaultJob['skyflow']>;
}
export interface LaneOptions {
  readonly permitTtlMs?: number;
  readonly patienceMs?: number;
  /** Its own way to the store. */
  readonly url?: string;
  /** Instead of the files that the run was cut by. */
  readonly source?: VaultJob['source'];
}

/** What a child process is to a machine: it works on a shard, in this process. */
export interface Lane {
  readonly stop: StopSwitch;
  readonly ended: Promise<TaskResult & { readonly snapshot: VaultSnapshot; readonly notices: string[] }>;
}

let runs = 0;

/** A run of vault SSN, cut into shards of so many rows, whose files are in a workspace. */
export class StoredRun {
  readonly id: string;
  readonly #store: Store;
  readonly #url: string;
  readonly #job: VaultJob;
  readonly #plan: PlannedVault['plan'];

  private constructor(store: Store, url: string, job: VaultJob, plan: PlannedVault['plan']) {
    this.#store = store;
    this.#url = url;
    this.#job = job;
    this.#plan = plan;
    this.id = job.runId;
  }

  static async cut(
    place: { readonly store: Store; readonly url: string; readonly sandbox: TestSandbox },
    workspace: Workspace,
    { shardRows, ...settings }: Settings & { readonly shardRows: number },
    { performance, skyflow }: JobOptions = {},
  ): Promise<StoredRun> {
    const usual = jobFor('SSN', workspace.path);
    if (usual.source.kind !== 'csv') throw new RangeError('not a pair of files');
    const files = {
      ...usual.source.files,
      data_file: workspace.at('data', 'ssn_data.csv'),
      token_file: workspace.at('data', 'ssn_tokens.csv'),
      value_header: 'ssn',
      token_header: 'ssn_token',
    };
    const job: VaultJob = {
      ...usual,
      ...{ runId: `run-${(runs += 1)}`, startedAt: new Date().toISOString() },
      vault: { name: 'SSN', id: vaults.SSN.id, table: 'ssn', column: vaults.SSN.column },
      source: { ...usual.source, files },
      connection: { ...usual.connection, credential: { kind: 'token', token: 'test-bearer-token' } },
      skyflow: { ...usual.skyflow, vault_url: place.sandbox.url, ...skyflow },
      performance: {
        ...{ ...usual.performance, batch_size: 10, max_attempts: 5, max_errors: 10_000 },
        ...{ request_timeout_ms: 10_000, connect_timeout_ms: 10_000 },
        ...{ headers_timeout_ms: 10_000, body_timeout_ms: 10_000, ...performance },
      },
    };
    const { findings, error } = await planVault({ ...quiet(), job, stop: new StopSwitch() });
    if (findings?.kind !== 'plan') throw new Error(error?.message ?? 'not planned');
    const { rows, inputs, query, table_count } = findings;
    const pieces = (await readPiecesText(workspace.path, 'SSN')) ?? null;
    const plan = { rows, start: 0, end: rows, is_limited: false, inputs, query, table_count, pieces };
    const shards = Array.from({ length: Math.ceil(rows / shardRows) }, (_, at) => ({
      start: at * shardRows,
      end: Math.min(rows, (at + 1) * shardRows),
    }));
    const session = beginSession({
      ...{ command: 'load', startedAt: new Date(), settings: {}, credential: undefined },
    });
    await recordRun(place.store, {
      sharing: 1,
      ...{ runId: job.runId, version: productVersion, recipient: undefined, fingerprintKey: undefined },
      record: {
        ...{ format_version: 1, run_id: job.runId, started_at: job.startedAt, working_directory: '/' },
        ...{ precount: true, vaults: [job.vault], sessions: [session] },
      },
      vaults: [
        {
          ...{ name: 'SSN', target: job.runId, rates: {}, plan, shards },
          ...{ maxFailed: undefined, maxHeld: undefined, maxErrorShare: undefined, ...settings },
        },
      ],
    });
    return new StoredRun(place.store, place.url, job, plan);
  }

  /** Takes a shard as its owner does, and asks for permissions in its name. */
  async permits(
    shard: number,
    options: { readonly ttlMs?: number; readonly onRefused?: (refusal: PermitRefusal) => void } = {},
  ): Promise<ShardPermits> {
    const id = { run: this.id, vault: 'SSN', shard };
    const journal = await StoreJournal.open(this.#store, id, { owner: `lane-${shard}` });
    return new ShardPermits(this.#store, journal.shard, {
      ttlMs: 2_000,
      onRefused: () => undefined,
      ...options,
    });
  }

  /** Nothing of what it has now is left to be done. */
  async finish(): Promise<void> {
    await this.#store.tell(`UPDATE ${S}.shard SET state='done' WHERE run=$1`, [this.id]);
    const runs = new StoredRuns(this.#store);
    const row = await runs.run(this.id);
    if (row !== undefined) await runs.finish(this.id, row.record, true);
  }

  /** Has a shard worked on by another lane, which takes it over from whoever has it. */
  lane(
    shard: number,
    shardRows: number,
    { permitTtlMs = 2_000, patienceMs = 60_000, source, url = this.#url }: LaneOptions = {},
  ): Lane {
    const { rows, inputs } = this.#plan;
    const stop = new StopSwitch();
    const job: VaultJob = {
      ...this.#job,
      ...(source === undefined ? {} : { source }),
      errorLogPrivacy: { kind: 'redacted' },
      shard: {
        ...{
          shard,
          rows,
          inputs,
          store: { url, permitTtlMs, patienceMs, owner: `lane-${shard}` },
        },
        ...{ start: shard * shardRows, end: Math.min(rows, (shard + 1) * shardRows) },
      },
    };
    const work = async () => {
      const metrics = new DeliveryMetrics({ workersConfigured: job.performance.max_concurrency });
      const told = quiet();
      let figures = () => NOTHING_YET as Pick<VaultSnapshot, 'read'>;
      const result = await loadVault({
        ...{ ...told, job, stop, metrics },
        onAccounts: (accounts) => (figures = () => accounts.figures()),
      });
      stop.close();
      return { ...result, snapshot: { ...NOTHING_YET, ...figures() }, notices: told.notices };
    };
    return { stop, ended: work() };
  }
}

function quiet() {
  const notices: string[] = [];
  return {
    notices,
    metrics: new DeliveryMetrics({ workersConfigured: 1 }),
    renewSecret: () => Promise.resolve(undefined),
    login: { wait: () => Promise.resolve({ renewed: false }), ended: () => undefined },
    send: (message: { readonly type: string }) => {
      if ('message' in message) notices.push(String(message.message));
      return Promise.resolve();
    },
    onAccounts: () => undefined,
    onControls: () => undefined,
  };
}
