import type { Settings } from '../../src/config/configuration.js';
import type { RunControl } from '../../src/control/run-control.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { isRunId } from '../../src/run-record/run-id.js';
import { readRunRecord } from '../../src/run-record/run-record.js';
import { openStore } from '../../src/store/open-store.js';
import type { SharedStore } from '../../src/store/shared-store.js';
import { assertHasStore } from './fetch-run.js';
import { storeUrlOf } from './store-address.js';

/** A run of a store, for whoever steers or watches it from anywhere. */
export interface OpenStoredRun extends AsyncDisposable, Pick<SharedStore, 'runs' | 'workers'> {
  readonly runId: string;
  readonly control: RunControl;
}

const patienceMs = 10_000;

/**
 * The run that is named, or the only one that is not at its end, where it is kept in the configured store; undefined: it
 * is one of this machine alone. Throws `usage` when several could be meant, `config` for a run whose store is not named.
 */
export async function openStoredRun(
  settings: Pick<Settings, 'store' | 'run_dir'>,
  { named, command }: { readonly named: string | undefined; readonly command: string },
): Promise<OpenStoredRun | undefined> {
  const url = await storeUrlOf(settings);
  if (url === undefined) {
    if (named !== undefined && isRunId(named)) {
      const local = await readRunRecord(runDirectoryAt(settings.run_dir, named)).catch(() => undefined);
      if (local !== undefined) assertHasStore(local, url);
    }
    return undefined;
  }
  const store = await openStore(url, { name: `skyflow-supervise ${command}`, connections: 2, patienceMs });
  try {
    const { runs, workers } = store;
    const runId = await choose(runs, named, command);
    if (runId !== undefined) {
      const control = store.control(runId);
      return { runId, runs, workers, control, [Symbol.asyncDispose]: () => store.close() };
    }
  } catch (error) {
    await store.close();
    throw error;
  }
  await store.close();
  return undefined;
}

async function choose(
  runs: SharedStore['runs'],
  named: string | undefined,
  command: string,
): Promise<string | undefined> {
  if (named !== undefined) return isRunId(named) && (await runs.run(named)) !== undefined ? named : undefined;
  const unfinished = await runs.unfinished();
  if (unfinished.length < 2) return unfinished[0];
  throw new SuperviseError(
    'usage',
    `${unfinished.length} runs of the store are not at their end:\n${unfinished.map((id) => `  ${id}`).join('\n')}`,
    { hint: `Name the one that is meant: skyflow-supervise ${command} RUN.` },
  );
}
