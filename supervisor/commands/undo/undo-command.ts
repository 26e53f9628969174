import type { Configuration, VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { withRunLocked } from '../../history/with-run-locked.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import type { LedgerReading } from '../../../src/journal/ledger-reading.js';
import type { PositionSet } from '../../../src/record/range-set.js';
import { exitStatus, runStatus } from '../../../src/status/exit-status.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { findRun, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { readRunRecord, type RunRecord } from '../../../src/run-record/run-record.js';
import { assertPrivateRun } from '../../../src/trust/open-private.js';
import { openStateFolder } from '../../../src/trust/state-folder.js';
import { idSeal, countIds } from '../../../src/undo/id-file.js';
import { readUndo } from '../../../src/undo/undo-progress.js';
import { askTypedId } from '../../ask/ask-person.js';
import { assertCanConfirm, assertNotLoading } from '../../ask/destruction-guard.js';
import { loadForRun } from '../../ask/load-with-prompts.js';
import { recordedSetting } from '../../history/known-runs.js';
import { loadedVaults } from '../../history/choose-run.js';
import { planJobs, planProcesses } from '../../run/plan-jobs.js';
import { openRunLog } from '../../observers/run-log.js';
import { runJobs, type JobsEnd } from '../../run/run-jobs.js';
import { present } from '../../view/present.js';
import type { UndoCommand } from './definition.js';
import { renderUndo, addUndo, ownFacts, type Undo } from './undo-evidence.js';
import { settingsOf } from '../../command-line/configured.js';

/** What is to be deleted of one vault. */
interface UndoPlan {
  readonly vault: VaultSettings;
  readonly ids: number;
  /** Deleted already, by an undo before. */
  readonly done: number;
  readonly withoutId: number;
}

/**
 * `undo RUN`: deletes the records that a run has inserted, by the ids that it has kept, one child for each vault. Throws a
 * SuperviseError before anything is deleted: for a run without ids, one that changed records that were there before, one
 * that is being worked on, and where the number was not confirmed.
 */
export async function undoCommand(command: UndoCommand): Promise<number> {
  const presentation = present(command);
  const { directory, record } = await chooseRun(command);
  const { configuration, origins, warnings } = await loadForRun(command, record, { readsSource: false });
  for (const warning of warnings) presentation.view.notice('warn', warning);
  const plans = await plan(loadedVaults(command.vaults, record, configuration), { directory, record });
  return withRunLocked(directory, async () => {
    await assertNotLoading(
      plans.map(({ vault }) => vault),
      configuration,
    );
    presentation.people(explain(plans, configuration));
    const confirmed = await confirm(plans, command);
    const startedAt = new Date();
    const log = openRunLog(directory.logFile);
    try {
      const ids = plans.reduce((sum, one) => sum + one.ids, 0);
      log.logger.info({ run: directory.runId, command: 'undo', ids, confirmed }, 'begin');
      const ended = await runJobs({
        jobs: planJobs({
          configuration,
          origins,
          vaults: plans.map(({ vault }) => vault),
          directory,
          startedAt: new Date(record.started_at),
          precount: false,
          suffixUnixSeconds: undefined,
          environment: process.env,
          readsSource: false,
          task: {
            kind: 'undo',
            deleteBatchSize: command.deleteBatchSize,
            withoutId: Object.fromEntries(plans.map((one) => [one.vault.name, one.withoutId])),
          },
        }),
        view: presentation.view,
        log,
        settings: configuration,
        ...planProcesses(configuration),
      });
      const undo = describe(ended, { plans, directory, startedAt, confirmed });
      const file = await addUndo(directory, undo);
      log.logger.info({ exit_code: undo.exit_code, vaults: undo.vaults }, 'end');
      presentation.people(renderUndo(undo, file, presentation.screen));
      presentation.document({ format_version: 1, ...undo });
      return undo.exit_code;
    } finally {
      log.close();
    }
  });
}

async function chooseRun(
  command: UndoCommand,
): Promise<{ readonly directory: RunDirectory; readonly record: RunRecord }> {
  const settings = settingsOf(command);
  // Which records are deleted is never guessed.
  if (command.run === undefined) {
    throw new SuperviseError('usage', 'undo needs the RUN whose records are to be deleted', {
      hint: `Your runs: skyflow-supervise runs --run-dir ${settings.run_dir}`,
    });
  }
  const directory = await findRun(settings.run_dir, command.run);
  await assertPrivateRun(directory.path);
  const record = await readRunRecord(directory);
  if (recordedSetting(record, 'skyflow.upsert') === true) {
    throw new SuperviseError('usage', `run ${directory.runId} was one with upsert`, {
      hint: 'It may have changed records that were there before; to delete them would lose these.',
    });
  }
  return { directory, record };
}

async function plan(
  vaults: readonly VaultSettings[],
  { directory, record }: { readonly directory: RunDirectory; readonly record: RunRecord },
): Promise<UndoPlan[]> {
  const plans: UndoPlan[] = [];
  const stateFolder = openStateFolder(process.env);
  for (const vault of vaults) {
    const seal = await idSeal(stateFolder, { run: record.run_id, vaultId: vault.id, table: vault.table });
    const { ids, rows } = await countIds(directory.path, vault.name, seal);
    const ledger = await openRunStore(directory.path).readLedger(vault.name);
    const state = await readUndo(directory.path, { run: record.run_id, vault: vault.name });
    const uploaded = ledger?.totals.uploaded ?? 0;
    if (ids === 0 && uploaded === 0) continue;
    const done = (state?.deleted ?? 0) + (state?.gone ?? 0);
    const withoutId = uploaded - (rows.size - (await failedAmong(rows, ledger)));
    plans.push({ vault, ids, done, withoutId: Math.max(0, withoutId) });
  }
  if (plans.some(({ ids }) => ids > 0)) return plans;
  throw new SuperviseError('usage', `run ${directory.runId} has kept no ids of its records`, {
    hint:
      'Only a run with --record-ids can be undone by id. What is possible: `clear` deletes the whole table, with what others have put ' +
      'there; or delete the records by their tokens with a tool of yours: `report` names the input files, which hold them.',
  });
}

/** Rows with an id that count as failed all the same: the vault took them under other tokens. */
async function failedAmong(rows: PositionSet, ledger: LedgerReading | undefined): Promise<number> {
  let failed = 0;
  if (ledger?.errors === undefined) return failed;
  for await (const { raw } of ledger.errors.entries())
    for (const { Position: position } of raw.records)
      if (position !== undefined && rows.has(position)) failed += 1;
  return failed;
}

function explain(plans: readonly UndoPlan[], { skyflow }: Configuration): string {
  const width = Math.max(...plans.map(({ vault }) => vault.name.length));
  const lines = plans.map(({ vault: { name, id, table }, ids, done, withoutId }) => {
    const already = done === 0 ? '' : `, ${formatCount(done)} of them deleted already`;
    const stay =
      withoutId === 0
        ? ''
        : `; of ${formatCount(withoutId)} more, found by look-up, no id is known: they stay`;
    return `  ${name.padEnd(width)}  ${id}, table ${table}: ${formatCount(ids)} records${already}${stay}\n`;
  });
  return `To be deleted, for good: what this run has inserted\n  ${skyflow.vault_url}\n${lines.join('')}\n`;
}

async function confirm(plans: readonly UndoPlan[], { yesDelete }: UndoCommand): Promise<Undo['confirmed']> {
  const ids = plans.reduce((sum, one) => sum + one.ids, 0);
  if (yesDelete === undefined) {
    assertCanConfirm({ yes: false, instead: `--yes-delete ${ids}` });
    for (const { vault, ids: own } of plans)
      await askTypedId(`Type "${vault.name} ${own}" to delete these records:`, `${vault.name} ${own}`);
    return 'typed';
  }
  if (yesDelete === ids) return 'yes-delete';
  throw new SuperviseError(
    'usage',
    `--yes-delete ${yesDelete}, but the run has inserted ${ids} records into these vaults; nothing was deleted`,
  );
}

function describe(
  { outcomes, interruptedBy }: JobsEnd,
  about: {
    readonly plans: readonly UndoPlan[];
    readonly directory: RunDirectory;
    readonly startedAt: Date;
    readonly confirmed: Undo['confirmed'];
  },
): Undo {
  const vaults = outcomes.map(({ name, id, table, status, error, findings }) => {
    const found = findings?.kind === 'undo' ? findings : undefined;
    const planned = about.plans.find(({ vault }) => vault.name === name);
    return {
      name,
      id,
      table,
      status,
      ids: planned?.ids ?? 0,
      deleted: found?.deleted ?? 0,
      gone: found?.gone ?? 0,
      without_id: planned?.withoutId ?? 0,
      vault_count: found?.vault_count ?? { before: null, after: null },
      ...(error === undefined ? {} : { error: { ...error } }),
    };
  });
  const exitCode = exitStatus(
    vaults.map(({ status, without_id: failed }) => ({ status, failed })),
    interruptedBy,
  );
  return {
    ...ownFacts,
    run_id: about.directory.runId,
    run_directory: about.directory.path,
    started_at: about.startedAt.toISOString(),
    finished_at: new Date().toISOString(),
    confirmed: about.confirmed,
    status: runStatus(exitCode),
    exit_code: exitCode,
    vaults,
  };
}
