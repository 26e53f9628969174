import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import type { CalibrateCommand } from './definition.js';
import { openForTestRecords } from '../../ask/destruction-guard.js';
import { RunFailure } from '../../run/run-failure.js';
import { runUnrecorded } from '../../run/run-unrecorded.js';
import { present } from '../../view/present.js';
import { describeResult } from './calibration-result.js';
import { renderCalibration } from './render-calibration.js';

/**
 * `calibrate --vault NAME`: finds the batch size, concurrency and rate that a vault takes, with test records that are
 * deleted again. Throws a SuperviseError before anything is sent.
 */
export async function calibrateCommand(command: CalibrateCommand): Promise<number> {
  const presentation = present(command);
  const { view } = presentation;
  const { write } = command;
  if (write !== undefined) assertNew(write);
  const { configuration, origins, vaults } = await openForTestRecords(command, presentation, {
    most: command.maxRecords,
    what: (name) => `calibrate ${name}`,
  });
  const startedAt = new Date();
  const ended = await runUnrecorded({
    ...{ configuration, origins, vaults, view, startedAt },
    task: {
      kind: 'calibrate',
      stepMs: 1000 * command.stepSeconds,
      maxConcurrency: configuration.performance.max_concurrency,
      maxBatchSize: command.maxBatchSize,
      maxRecords: command.maxRecords,
    },
  });
  const result = describeResult(ended, startedAt);
  const settings = result.recommended;
  const written = settings === null || write === undefined ? undefined : await save(write, settings);
  presentation.people(renderCalibration(result, { ...presentation.screen, written }));
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
