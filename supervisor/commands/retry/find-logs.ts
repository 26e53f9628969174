import { stat, rename } from 'node:fs/promises';
import { resolve, join } from 'node:path';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import { findRun, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { isRunId } from '../../../src/run-record/run-id.js';
import { chooseRun } from '../../history/choose-run.js';
import { findRuns } from '../../history/known-runs.js';
import { failedLeft } from '../../history/failed-records.js';
import { findRetries } from './earlier-runs.js';
import type { Configuration } from '../../../src/config/configuration.js';
import { DurableFile, syncFolder } from '../../../src/journal/durable-file.js';
import {
  closeDocument,
  MERGED_LOG_FORMAT,
  openDocument,
  separated,
  toSeconds,
} from '../../../src/error-log/error-log-format.js';
import { orStorageError } from '../../../src/journal/storage-error.js';
import { readRunRecord, type RunRecord } from '../../../src/run-record/run-record.js';
import { lastVerification, missingPositions } from '../../../src/verification/progress-file.js';

/**
 * The error logs that are meant: files as they are named, and of a run that is named the newest log of all its vaults.
 * Where nothing is named, the one run is meant that has failed records which no retry has sent yet.
 */
export async function findLogs(named: readonly string[], runsDirectory: string): Promise<readonly string[]> {
  if (named.length === 0) return logsOfChosenRun(runsDirectory);
  const files: string[] = [];
  for (const word of named) {
    const isDirectory = await stat(word).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isRunId(word) && !isDirectory) {
      files.push(resolve(word));
      continue;
    }
    const run = await findRun(runsDirectory, word);
    const logs = await logsOf(run);
    if (logs.length === 0) {
      throw new SuperviseError('usage', `the run ${run.runId} has no error log: no record of it failed`);
    }
    files.push(...logs);
  }
  return files;
}

async function logsOfChosenRun(runsDirectory: string): Promise<readonly string[]> {
  const retries = await findRetries(runsDirectory);
  const logsByRun = new Map<string, readonly string[]>();
  const fitting = [];
  for (const run of await findRuns(runsDirectory)) {
    const { runId } = run.directory;
    if ((await failedLeft(run, retries)) === 0) continue;
    const logs = await logsOf(run.directory);
    if (logs.length === 0) continue;
    logsByRun.set(runId, logs);
    fitting.push(run);
  }
  const chosen = await chooseRun(fitting, {
    command: 'retry',
    fits: ['has failed records that were not sent again', 'have failed records that were not sent again'],
    runsDirectory,
  });
  return logsByRun.get(chosen.directory.runId) ?? [];
}

/** The newest merged log; where the supervisor was killed before there was one, the logs of the vaults. */
async function logsOf({ path }: RunDirectory): Promise<readonly string[]> {
  const { merged, ofVaults } = await openRunStore(path).errorLogs();
  return merged === undefined ? ofVaults : [merged];
}

const mostInEntry = 1_000;
const flushCharacters = 1 << 20;

/**
 * Writes what the last verification of a run did not find as an error log without records, positions only, into the run's
 * directory: what a retry needs, in the memory of a few of them. The rows are read again from the run's source. Throws
 * `usage` where nothing is known to be missing.
 */
export async function writeMissingLog(
  named: readonly string[],
  { run_dir: runsDirectory }: Pick<Configuration, 'run_dir'>,
  at: Date,
): Promise<string> {
  const [name, ...others] = named;
  if (name === undefined || others.length > 0)
    throw new SuperviseError('usage', 'retry --missing needs one RUN', { hint: 'Name it; verify it first.' });
  const directory = await findRun(runsDirectory, name);
  const record = await readRunRecord(directory);
  const file = join(directory.path, `missing_log_${stamp(at)}.json`);
  const unfinished = `${file}.new`;
  const out = await DurableFile.open(unfinished, 'w+');
  let records = 0;
  try {
    let text = openDocument({ format: MERGED_LOG_FORMAT, run: record.run_id, timestamp: toSeconds(at) });
    let entries = 0;
    for (const vault of record.vaults) {
      for await (const positions of missingOf(directory.path, record, vault.name)) {
        text += separated(JSON.stringify(entryOf(positions, vault, record.run_id, at)), entries === 0);
        entries += 1;
        records += positions.length;
        if (text.length < flushCharacters) continue;
        out.append(text);
        text = '';
      }
    }
    out.append(text + closeDocument(entries, records));
    await out.sync();
  } finally {
    await out.close();
  }
  await orStorageError('create', file, rename(unfinished, file));
  await syncFolder(file);
  if (records > 0) return file;
  throw new SuperviseError('usage', `nothing of run ${record.run_id} is known to be missing`, {
    hint: `Look first: skyflow-supervise verify ${directory.path} --all`,
  });
}

/** Of one verification alone, so that no position comes twice: the one that was begun last. */
async function* missingOf(
  runDirectory: string,
  { run_id: run }: RunRecord,
  vault: string,
): AsyncGenerator<number[]> {
  const last = await lastVerification(runDirectory, { run, vault });
  if (last === undefined) return;
  for await (const positions of missingPositions(last, { run, vault }))
    for (let first = 0; first < positions.length; first += mostInEntry)
      yield positions.slice(first, first + mostInEntry);
}

function entryOf(
  positions: readonly number[],
  { name, id, table, column }: RunRecord['vaults'][number],
  run: string,
  at: Date,
): object {
  return {
    vault_name: name,
    vault_id: id,
    table,
    column,
    batch_number: 0,
    records: positions.map((Position) => ({ Position })),
    error: 'verify did not find it in the vault',
    status_code: 0,
    timestamp: toSeconds(at),
    reason: 'missing',
    run,
    redacted: {},
  };
}

function stamp(at: Date): string {
  return at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');
}
