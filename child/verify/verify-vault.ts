import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import { acquireLock } from '../../src/journal/lock.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { rowsMeant, type LedgerReading } from '../../src/journal/ledger-reading.js';
import type { Task, VerificationFindings } from '../../src/protocol/task.js';
import { NONE_SKIPPED } from '../../src/record/batch.js';
import { RangeSet, type PositionSet } from '../../src/record/range-set.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { RecordSource, SourceInspection } from '../../src/source/record-source.js';
import { drawSample } from '../../src/verification/draw-sample.js';
import {
  progressFile,
  VerificationProgress,
  type ComparisonState,
} from '../../src/verification/progress-file.js';
import { openReading, type VaultReading } from './open-reading.js';
import type { TaskOptions, TaskResult } from '../task.js';
import { openSource } from '../load/open-source.js';
import { compareEverything, compareSample } from './compare-records.js';
import { readFailedPositions } from './failed-positions.js';
import { assertSameInputs } from '../../src/source/same-inputs.js';
import { describeFindings } from './verification-findings.js';
import { formatCount } from '../../src/report/format-numbers.js';

type VerifyTask = Extract<Task, { kind: 'verify' }>;

/** A process before this one may still be ending. */
const lockWaitMs = 15_000;

/**
 * Reads back what a run has loaded into one vault. Asked for is what the journal has as uploaded: rows that failed,
 * were skipped or are not settled are not judged. The source is read again and must be what the run began with.
 * Nothing is changed, in the vault or in the source. Never rejects.
 */
export async function verifyVault(options: TaskOptions, task: VerifyTask): Promise<TaskResult> {
  const { job, stop } = options;
  const run = new Verification(options, task);
  try {
    await run.verify();
    const { findings } = run;
    const wrong = findings === undefined ? 0 : findings.missing + findings.different;
    const unsettled = findings?.not_judged.unsettled ?? 0;
    const status = unsettled > 0 ? 'incomplete' : wrong > 0 ? 'failures' : 'complete';
    return {
      status,
      errorLog: undefined,
      error: unsettled > 0 ? unfinished(job.vault.name, unsettled) : undefined,
      findings,
    };
  } catch (thrown) {
    const interrupted = stop.reason?.code === 'interrupted';
    return {
      status: interrupted ? 'interrupted' : run.hasBegun ? 'incomplete' : 'not_started',
      errorLog: undefined,
      error: interrupted ? undefined : advised(stop.reason ?? thrown, task),
      findings: run.findings,
    };
  }
}

interface ExpectedRecords {
  readonly reading: Pick<LedgerReading, 'totals' | 'inputs'>;
  readonly expected: PositionSet;
  readonly unsettled: number;
}

class Verification {
  readonly #options: TaskOptions;
  readonly #task: VerifyTask;
  #known: ExpectedRecords | undefined;
  #state: ComparisonState | undefined;
  #count: { before: number | null; after: number | null } = { before: null, after: null };

  constructor(options: TaskOptions, task: VerifyTask) {
    this.#options = options;
    this.#task = task;
  }

  get hasBegun(): boolean {
    return this.#state !== undefined;
  }

  get findings(): VerificationFindings | undefined {
    if (this.#known === undefined || this.#state === undefined) return undefined;
    return describeFindings({ ...this.#known, state: this.#state, vaultCount: this.#count });
  }

  async verify(): Promise<void> {
    const { job, stop, send } = this.#options;
    await send({ type: 'phase', phase: 'checking' });
    const reading = this.#task.against === true ? undefined : await this.#readJournal();
    const source = await openSource(job, {
      ledger: {
        inputs: reading?.inputs,
        query: reading?.query,
        // Only the result that was loaded from has its positions: nothing is asked anew.
        hasBegun: reading !== undefined,
        recordQuery: () =>
          reading === undefined
            ? Promise.resolve()
            : Promise.reject(new Error('a verification submits no query')),
      },
      renewSecret: this.#options.renewSecret,
      login: this.#options.login,
      notice: (message) => void send({ type: 'notice', level: 'warn', message }),
      signal: stop.stopping,
    });
    try {
      if (reading !== undefined) this.#known = await this.#knownOf(reading);
      const inspection = await source.inspect(stop.stopping);
      if (reading === undefined) this.#known = everyRecord(job.vault.name, inspection);
      else {
        if (reading.inputs !== undefined) assertSameInputs(reading.inputs, inspection);
        const { extent } = reading;
        const meant = rowsMeant({ extent, inputs: inspection }, job.performance.max_records || Infinity);
        if (meant !== undefined && this.#known !== undefined)
          this.#known = { ...this.#known, unsettled: Math.max(0, meant - reading.settled.size) };
      }
      await send({ type: 'inputs', inputs: [...inspection.inputs], uploadedBefore: 0 });
      const vault = await openReading(this.#options);
      try {
        this.#count.before = await vault.count();
        await this.#compare(source, vault);
        this.#count.after = await vault.count();
      } finally {
        await vault.close();
      }
    } finally {
      await source.finish?.({ completed: false });
    }
  }

  async #knownOf(reading: LedgerReading): Promise<ExpectedRecords> {
    const failed = await readFailedPositions(reading, this.#options.stop.stopping);
    return {
      reading,
      expected: new RangeSet(reading.settled).subtract(failed),
      unsettled: reading.inDoubt.size,
    };
  }

  async #readJournal(): Promise<LedgerReading> {
    const { job } = this.#options;
    const reading = await openRunStore(job.runDirectory).readLedger(job.vault.name);
    if (reading !== undefined && reading.settled.size > 0) return reading;
    throw new SuperviseError('source', `vault ${job.vault.name}: this run has loaded nothing into it`, {
      hint: 'Name another run, or leave this vault out with --vault.',
    });
  }

  async #compare(source: RecordSource, vault: VaultReading): Promise<void> {
    const { job, metrics, onAccounts, send } = this.#options;
    const { sample, anew } = this.#task;
    const expected = this.#known?.expected ?? new RangeSet();
    const begin = async (state: ComparisonState, rowsTotal: number): Promise<void> => {
      this.#state = state;
      onAccounts({ figures: () => figuresOf(state, rowsTotal) });
      await send({ type: 'phase', phase: 'loading' });
      metrics.begin();
    };
    if (sample !== undefined) {
      const skippedShare = this.#skippedShare();
      const drawn = drawSample(
        expected,
        drawnFor(sample.size, skippedShare),
        `${sample.seed} ${job.vault.name}`,
      );
      await this.#inFile('sample', true, async (progress) => {
        await begin(progress.state, Math.min(sample.size, drawn.size));
        await compareSample({ ...this.#options, source, vault, progress, drawn, size: sample.size });
      });
      return;
    }
    await this.#inFile('all', anew, async (progress) => {
      if (progress.continuedFrom !== undefined) {
        const { size } = progress.state.compared;
        const message = `goes on with the verification of ${progress.continuedFrom}: ${formatCount(size)} rows are compared (--new-run begins anew)`;
        void send({ type: 'notice', level: 'info', message });
      }
      await begin(progress.state, expected.size);
      await compareEverything({ ...this.#options, source, vault, progress, expected });
      progress.end();
    });
  }

  /** What another source holds says nothing about the positions of the run's: of that no file is kept. */
  async #inFile(
    of: 'all' | 'sample',
    anew: boolean,
    compare: (progress: VerificationProgress) => Promise<void>,
  ): Promise<void> {
    const { job, stop } = this.#options;
    if (this.#task.against === true) return compare(VerificationProgress.unkept());
    const file = progressFile(job.runDirectory, job.vault.name, of);
    const lock = await acquireLock(`${file}.lock`, {
      waitMs: lockWaitMs,
      signal: stop.stopping,
      describe: `the verification of vault ${job.vault.name}`,
    });
    try {
      const progress = await VerificationProgress.open(file, { run: job.runId, vault: job.vault.name, anew });
      try {
        await compare(progress);
      } finally {
        await progress.close();
      }
    } finally {
      await lock.release();
    }
  }

  #skippedShare(): number {
    const { totals } = this.#known?.reading ?? { totals: undefined };
    if (totals === undefined) return 0;
    const { empty_value: emptyValue, empty_token: emptyToken, already_there: held } = totals.skipped;
    const skipped = emptyValue + emptyToken;
    return skipped / Math.max(1, totals.uploaded + held + skipped);
  }
}

/** Of another source every record is to be there, whatever the run has settled. */
function everyRecord(vaultName: string, { rows, inputs }: SourceInspection): ExpectedRecords {
  if (rows === undefined)
    throw new SuperviseError(
      'source',
      `vault ${vaultName}: nobody knows how many rows there are to compare with`,
    );
  const none = { read: rows, confirmed: 0, failed: 0, held: 0, skipped: NONE_SKIPPED };
  return {
    reading: { totals: { ...none, uploaded: rows }, inputs: { rows, inputs } },
    expected: new RangeSet([{ start: 0, end: rows }]),
    unsettled: 0,
  };
}

/** Rows to draw so that enough of them are records: some of them were skipped. */
function drawnFor(size: number, skippedShare: number): number {
  return skippedShare === 0 ? size : Math.ceil((size / (1 - Math.min(0.99, skippedShare))) * 1.1) + 50;
}

function figuresOf(state: ComparisonState, rowsTotal: number) {
  const read = state.compared.size;
  return {
    ...NOTHING_YET,
    rows_total: rowsTotal,
    read,
    uploaded: state.matching,
    failed: state.missing.size + state.different.size,
    skipped_by_reason: { ...NOTHING_YET.skipped_by_reason, empty_value: state.skipped },
    unsettled: Math.max(0, rowsTotal - read),
  };
}

function unfinished(vaultName: string, unsettled: number): ReturnType<typeof errorFacts> {
  return {
    code: 'source',
    message: `vault ${vaultName}: ${formatCount(unsettled)} rows of the run are open (not sent yet, or answer unknown), so it cannot be proved as a whole`,
    hint: 'Finish the run with `resume`, then verify it.',
  };
}

/** An error with what helps here; what helps a load does not. */
function advised(thrown: unknown, task: VerifyTask): ReturnType<typeof errorFacts> {
  const facts = errorFacts(thrown);
  switch (facts.code) {
    case 'input_changed':
      return { ...facts, hint: 'Put the input back as it was when it was loaded, then verify again.' };
    case 'source':
      return facts.message.includes(' is gone')
        ? {
            ...facts,
            hint: 'What was loaded can no longer be read again. A load with snowflake.snapshot table and --keep-snapshot can be verified at any time.',
          }
        : facts;
    case 'unauthorized':
    case 'unavailable':
    case 'crashed':
      return {
        ...facts,
        hint:
          task.sample === undefined ? 'The same verify goes on where this one ended.' : 'Then verify again.',
      };
    default:
      return facts;
  }
}
