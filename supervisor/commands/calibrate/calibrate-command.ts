import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { selectVaults } from '../../../src/config/select-vaults.js';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { runDirectoryAt } from '../../../src/run-record/run-directory.js';
import { newRunId } from '../../../src/run-record/run-id.js';
import { loadWithPrompts } from '../../ask/load-with-prompts.js';
import type { CalibrateCommand } from './definition.js';
import {
  assertCanConfirm,
  assertDestructible,
  assertNotLoading,
  confirmByTypedIds,
  countRecords,
  describeCount,
} from '../../ask/destruction-guard.js';
import { planJobs } from '../../run/plan-jobs.js';
import { RunFailure } from '../../run/run-failure.js';
import { runJobs } from '../../run/run-jobs.js';
import { present } from '../../view/present.js';
import { describeResult } from './calibration-result.js';
import { renderCalibration } from './render-calibration.js';

/**
 * `calibrate --vault NAME`: finds the batch size, concurrency and rate that a vault takes, with test records that are
 * deleted again. Throws a SuperviseError before anything is sent.
 */
export async function calibrateCommand(command: CalibrateCommand): Promise<number> {
  const presentation = present(command);
  const { configuration, origins, warnings } = await loadWithPrompts({
    file: command.config.file,
    fileWasNamed: command.config.wasNamed,
    environment: process.env,
    flags: command.settings,
    selection: [command.vault],
    readsSource: false,
  });
  const { selected } = selectVaults(configuration.skyflow.vaults, [command.vault]);
  assertDestructible(selected);
  assertCanConfirm(command);
  const { write } = command;
  if (write !== undefined) assertNew(write);
  await assertNotLoading(selected, configuration);
  for (const warning of warnings) presentation.view.notice('warn', warning);
  const { skyflow, performance } = configuration;
  for (const vault of selected) {
    const held = describeCount(await countRecords(vault, configuration));
    presentation.people(
      `Up to ${formatCount(command.maxRecords)} test records are inserted, and deleted again, in\n` +
        `  ${skyflow.vault_url}\n  ${vault.name}  ${vault.id}, table ${vault.table}: ${held}\n\n`,
    );
  }
  await confirmByTypedIds(selected, {
    yes: command.yes,
    question: ({ name, id }) => `Type ${id} to calibrate ${name}:`,
  });
  const startedAt = new Date();
  const jobs = planJobs({
    configuration,
    origins,
    vaults: selected,
    directory: runDirectoryAt(configuration.run_dir, newRunId(startedAt)),
    startedAt,
    precount: false,
    suffixUnixSeconds: undefined,
    environment: process.env,
    readsSource: false,
    task: {
      kind: 'calibrate',
      stepMs: 1000 * command.stepSeconds,
      maxConcurrency: performance.max_concurrency,
      maxBatchSize: command.maxBatchSize,
      maxRecords: command.maxRecords,
    },
  });
  const ended = await runJobs({
    jobs,
    settings: configuration,
    view: presentation.view,
    heartbeatMs: performance.heartbeat_ms,
    // Another process would begin from nothing.
    maxRestarts: 0,
  });
  const result = describeResult(ended, startedAt);
  const settings = result.recommended;
  const written = settings === null || write === undefined ? undefined : await save(write, settings);
  presentation.people(renderCalibration(result, { style: presentation.style, written }));
  presentation.document(result);
  return result.exit_code;
}

function assertNew(file: string): void {
  if (!existsSync(file)) return;
  throw new SuperviseError('usage', `--write: ${file} exists; nothing was sent`, {
    hint: 'Name a file that does not exist: an existing configuration is never changed.',
  });
}

async function save(file: string, performance: object): Promise<string> {
  try {
    await writeFile(file, `${JSON.stringify({ performance }, undefined, 2)}\n`, { flag: 'wx', mode: 0o600 });
    return resolve(file);
  } catch (error) {
    throw new RunFailure(
      new SuperviseError('storage', `${file} cannot be written (${systemCode(error) ?? String(error)})`),
    );
  }
}
