import { SuperviseError } from '../../src/errors/supervise-error.js';
import { askChoice } from '../ask/ask-person.js';
import { canAsk } from '../ask/prompt.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { Presentation } from '../view/present.js';
import { findRuns, type KnownRun } from './known-runs.js';
import type { Configuration, VaultSettings } from '../../src/config/configuration.js';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { selectVaults } from '../../src/config/select-vaults.js';
import type { RunRecord } from '../../src/run-record/run-record.js';

/**
 * The one run that is meant where none was named: the only one that fits, or whichever a person at the terminal
 * chooses. Throws `usage` where none fits, and where several do and nobody can be asked: what is sent where is never
 * guessed.
 */
export async function chooseRun(
  fitting: readonly KnownRun[],
  asked: {
    /** `resume` */
    readonly command: string;
    /** `is unfinished`, and of several: `are unfinished`. */
    readonly fits: readonly [one: string, several: string];
    readonly runsDirectory: string;
  },
): Promise<KnownRun> {
  const { command, fits, runsDirectory } = asked;
  const [only, another] = fitting;
  if (only === undefined) {
    throw new SuperviseError('usage', `no run in ${runsDirectory} ${fits[0]}`, {
      hint: 'Name a run, or the directory of the runs with --run-dir.',
    });
  }
  if (another === undefined) return only;
  const said = `${fitting.length} runs in ${runsDirectory} ${fits[1]}`;
  if (canAsk()) {
    const choices = [...fitting].reverse().map((run) => ({ value: run.directory.runId, name: nameOf(run) }));
    const chosen = await askChoice(`${said}. Which one?`, choices);
    return fitting.find(({ directory }) => directory.runId === chosen) ?? only;
  }
  const ids = fitting.map((run) => `  ${nameOf(run)}`).join('\n');
  throw new SuperviseError('usage', `${said}:\n${ids}`, {
    hint: `Name the one to go on with: skyflow-supervise ${command} RUN.`,
  });
}

/**
 * For commands that only read: the newest run, or the newest that fits best, by the first of `fits` that any run passes;
 * which one is said. Throws `usage` where there is none.
 */
export async function newestRun(
  runsDirectory: string,
  presentation: Pick<Presentation, 'people'>,
  fits: readonly ((run: KnownRun) => Promise<boolean>)[] = [() => Promise.resolve(true)],
): Promise<RunDirectory> {
  const runs = (await findRuns(runsDirectory)).reverse();
  for (const isFitting of fits) {
    for (const run of runs) {
      if (!(await isFitting(run))) continue;
      presentation.people(`The newest run: ${nameOf(run)}\n`);
      return run.directory;
    }
  }
  throw new SuperviseError('usage', `there is no run in ${runsDirectory}`, {
    hint: 'Name a run, or the directory of the runs with --run-dir.',
  });
}

function nameOf({ directory, record }: KnownRun): string {
  return `${directory.runId}  ${record.vaults.map(({ name }) => name).join(', ')}`;
}

/** The vaults of a run, or the named ones of them. Throws `config` for one that is not any more the vault that the run loaded. */
export function loadedVaults(
  names: readonly string[] | undefined,
  record: RunRecord,
  { skyflow }: Configuration,
): readonly VaultSettings[] {
  const known = skyflow.vaults.filter(({ name }) => record.vaults.some((vault) => vault.name === name));
  const { selected, problems } = selectVaults(known, names);
  if (problems.length > 0) throw new ConfigurationError(problems);
  for (const { name, id, table } of selected) {
    const loaded = record.vaults.find((vault) => vault.name === name);
    if (loaded?.id === id && loaded.table === table) continue;
    throw new SuperviseError(
      'config',
      `vault ${name} is configured as ${id}, table ${table}; the run loaded ${loaded?.id ?? 'nothing'}, table ${loaded?.table ?? 'none'}`,
      { hint: 'Give the configuration of that time (--config).' },
    );
  }
  return selected;
}
