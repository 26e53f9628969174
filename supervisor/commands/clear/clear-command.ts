import type { Configuration, VaultSettings } from '../../../src/config/configuration.js';
import type { ClearFindings } from '../../../src/protocol/task.js';
import { errorFacts } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { layOut, type Page } from '../../../src/report/lay-out.js';
import { singleLine } from '../../../src/report/screen-text.js';
import type { TextStyle } from '../../../src/report/text-style.js';
import type { ClearCommand } from './definition.js';
import {
  confirmByTypedIds,
  countRecords,
  describeCount,
  openDestruction,
} from '../../ask/destruction-guard.js';
import { leaveNote, type RunNote } from '../../history/run-notes.js';
import { endFacts, type JobsEnd } from '../../run/run-jobs.js';
import { runUnrecorded } from '../../run/run-unrecorded.js';
import { newRunId } from '../../../src/run-record/run-id.js';
import { markedLine, toneOfTask } from '../../view/marked-lines.js';
import { present, type Presentation } from '../../view/present.js';

/**
 * `clear`: deletes the records of vaults, one child for each. Throws a SuperviseError before anything is deleted:
 * for a vault that may not be cleared, that a run is at work on, or whose id nobody typed.
 */
export async function clearCommand(command: ClearCommand): Promise<number> {
  const presentation = present(command);
  const { view } = presentation;
  const { configuration, origins, vaults } = await openDestruction(command, command.vaults, view);
  if (command.byOldFlag) {
    view.notice('warn', '-clear only clears here; it does not load. Load with another command.');
  }
  await explain(vaults, { command, configuration, presentation });
  await confirmByTypedIds(vaults, {
    yes: command.yes,
    question: ({ name, id }) => `Type ${id} to delete ${describeWhat(command)} of ${name}:`,
  });
  const startedAt = new Date();
  const runId = newRunId(startedAt);
  const { vault_url: vaultUrl } = configuration.skyflow;
  const tablesOf = (cleared: readonly Pick<VaultSettings, 'id' | 'table'>[]) =>
    cleared.map(({ id, table }) => ({ vault_url: vaultUrl, id, table }));
  const note = (what: RunNote): Promise<void> =>
    leaveNote(configuration.run_dir, runId, what).catch((error: unknown) => {
      const { message } = errorFacts(error);
      view.notice('warn', `${message}: a load of the same input will need --new-run`);
    });
  // Before anything is deleted: who is killed in the middle leaves a table that holds a part of what was loaded.
  const beganAt = startedAt.toISOString();
  const clearing = (begun: Parameters<typeof tablesOf>[0]): Promise<void> =>
    note({ format_version: 1, kind: 'clearing', began_at: beganAt, tables: tablesOf(begun) });
  await clearing(vaults);
  const { fetchWorkers, deleteWorkers, deleteBatchSize, maxRecords } = command;
  const ended = await runUnrecorded({
    ...{ configuration, origins, vaults, view, startedAt, runId },
    task: {
      kind: 'clear',
      ...{ fetchWorkers, deleteWorkers, deleteBatchSize },
      ...(maxRecords === undefined ? {} : { maxRecords }),
    },
  });
  const result = describeResult(ended, startedAt);
  // Who was kept out of a table has deleted nothing.
  const begun = result.vaults.filter(({ error }) => error?.code !== 'locked');
  if (begun.length < vaults.length) await clearing(begun);
  const emptied = maxRecords === undefined ? result.vaults.filter(({ status }) => status === 'complete') : [];
  if (emptied.length > 0) {
    // What was loaded before may be loaded again: it is gone.
    await note({ format_version: 1, kind: 'cleared', cleared_at: beganAt, tables: tablesOf(emptied) });
  }
  presentation.people(renderCleared(result, presentation.screen));
  presentation.document(result);
  return result.exit_code;
}

async function explain(
  vaults: readonly VaultSettings[],
  about: {
    readonly command: ClearCommand;
    readonly configuration: Configuration;
    readonly presentation: Presentation;
  },
): Promise<void> {
  const { command, configuration, presentation } = about;
  const counts = await Promise.all(vaults.map((vault) => countRecords(vault, configuration)));
  const width = Math.max(...vaults.map(({ name }) => name.length));
  const lines = vaults.map(
    ({ name, id, table }, at) =>
      `  ${name.padEnd(width)}  ${id}, table ${table}: ${describeCount(counts[at])}`,
  );
  const what = `To be deleted, for good: ${describeWhat(command)}${vaults.length > 1 ? ' of each of' : ' of'}`;
  presentation.people(`${what}\n  ${configuration.skyflow.vault_url}\n${lines.join('\n')}\n\n`);
}

function describeWhat({ maxRecords }: ClearCommand): string {
  return maxRecords === undefined ? 'all records' : `at most ${describeCount(maxRecords)}`;
}

function describeResult(end: JobsEnd, startedAt: Date) {
  const vaults = end.outcomes.map(({ name, id, table, status, error, findings }) => {
    const cleared: ClearFindings | undefined = findings?.kind === 'clear' ? findings : undefined;
    return {
      name,
      id,
      table,
      status,
      deleted: cleared === undefined ? 0 : cleared.deleted,
      at_once: cleared?.at_once ?? false,
      vault_count: cleared?.vault_count ?? { before: null, after: null },
      ...(error === undefined ? {} : { error }),
    };
  });
  return {
    ...endFacts(end),
    started_at: startedAt.toISOString(),
    finished_at: new Date().toISOString(),
    vaults,
  };
}

/** What was deleted, for people. */
export function renderCleared(
  { vaults, exit_code: exitCode }: Pick<ReturnType<typeof describeResult>, 'vaults' | 'exit_code'>,
  screen: Page & { readonly style: TextStyle },
): string {
  const lines = vaults.map(({ name, status, deleted, vault_count: { after }, error }) => {
    const some = deleted === null ? 'all records' : describeCount(deleted);
    const left = after === null || after === 0 ? '' : `, ${formatCount(after)} left`;
    const text = error === undefined ? '' : `: ${singleLine(error.message, 1000)}. ${error.hint ?? ''}`;
    return markedLine(screen.style, toneOfTask(status), `${name}: ${some} deleted${left}${text}`.trim());
  });
  const last = exitCode === 0 ? [] : [`The same command goes on. (exit status ${exitCode})`];
  return layOut([...lines, ...last], screen);
}
