import type { Command, OfflineWish, Shell } from './command.js';
import type { CommandDefinition } from './command-table.js';
import type { FlagValues } from './flag-values.js';
import { helpFor } from './help-text.js';
import { describeWord, usageError } from './usage-error.js';

const manyRecords = 10_000_000_000;

function configured(values: FlagValues) {
  const file = values.text('--config');
  return {
    config: { file: file ?? 'config.json', wasNamed: file !== undefined },
    settings: values.settings(),
  };
}

function presented(values: FlagValues, command: string) {
  const quiet = values.on('--quiet');
  const verbose = values.on('--verbose');
  if (quiet && verbose) throw usageError('--quiet and --verbose exclude each other', undefined, command);
  const verbosity: 'quiet' | 'verbose' | 'normal' = quiet ? 'quiet' : verbose ? 'verbose' : 'normal';
  return { json: values.on('--json'), verbosity };
}

function chosenVaults(values: FlagValues, command: string): readonly string[] | undefined {
  const names = namedVaults(values, command);
  if (names !== undefined && values.on('--all')) {
    throw usageError('--all and --vault exclude each other', undefined, command);
  }
  return names;
}

function oneVault(values: FlagValues, command: string): string {
  const [name, another] = namedVaults(values, command) ?? [];
  if (name !== undefined && another === undefined) return name;
  throw usageError(`${command} needs --vault NAME, one vault`, undefined, command);
}

function parallelVaults(values: FlagValues): number | undefined {
  const limit = values.wholeNumber('--max-parallel-vaults', 1, 1000);
  if (!values.on('--sequential')) return limit;
  if (limit !== undefined) {
    throw usageError('--sequential and --max-parallel-vaults exclude each other', undefined, 'load');
  }
  return 1;
}

function attended(values: FlagValues, command: string) {
  const port = values.wholeNumber('--metrics-port', 0, 65_535);
  const host = values.text('--metrics-host');
  if (host !== undefined && port === undefined) {
    throw usageError('--metrics-host needs --metrics-port', undefined, command);
  }
  return {
    metrics: port === undefined ? undefined : { port, host: host ?? '127.0.0.1' },
    onEvent: values.text('--on-event'),
  };
}

function offlineWish(values: FlagValues, command: string): OfflineWish | undefined {
  const logFile = values.text('--log-file');
  const pidFile = values.text('--pid-file');
  if (values.on('--offline')) return { logFile, pidFile: pidFile ?? 'skyflow-loader.pid' };
  const idle = logFile !== undefined ? '--log-file' : pidFile !== undefined ? '--pid-file' : undefined;
  if (idle !== undefined) throw usageError(`${idle} needs --offline`, undefined, command);
  return undefined;
}

function resumption(values: FlagValues): boolean {
  const startOrResume = values.on('--start-or-resume');
  if (startOrResume && values.on('--new-run')) {
    throw usageError('--start-or-resume and --new-run exclude each other', undefined, 'load');
  }
  return startOrResume;
}

const usualSample = 1_000;
/** A sample is held in memory. */
const largestSample = 1_000_000;

function verifySample(values: FlagValues) {
  const size = values.wholeNumber('--sample', 1, largestSample);
  const seed = values.wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER);
  if (!values.on('--all')) return { size: size ?? usualSample, seed };
  for (const name of ['--sample', '--seed']) {
    if (values.has(name)) throw usageError(`--all and ${name} exclude each other`, undefined, 'verify');
  }
  return undefined;
}

function namedVaults(values: FlagValues, command: string): readonly string[] | undefined {
  const given = values.texts('--vault');
  if (given.length === 0) return undefined;
  const names = given.flatMap((text) => text.split(',')).map((name) => name.trim());
  if (names.includes('')) {
    throw usageError('--vault: found an empty name; allowed: NAME or NAME,NAME', undefined, command);
  }
  return names;
}

function sandboxOptions(values: FlagValues): Record<string, string> {
  const pairs = values.texts('--option').map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1)
      throw usageError('--option needs KEY=VALUE', 'Such as --option latency.fixedMs=80.', 'sandbox');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

function generateCount(values: FlagValues, operands: readonly string[]): number {
  const flagged = values.wholeNumber('--count', 1, manyRecords);
  const [operand] = operands;
  const named = operand === undefined ? undefined : values.readWholeNumber('N', operand, 1, manyRecords);
  if (named !== undefined && flagged !== undefined && named !== flagged) {
    throw usageError(`generate: N is ${named}, but --count is ${flagged}`, undefined, 'generate');
  }
  const count = named ?? flagged;
  if (count === undefined) {
    throw usageError(
      'generate needs the number of records',
      'Such as: skyflow-supervise generate 10000.',
      'generate',
    );
  }
  return count;
}

function generateTarget(values: FlagValues) {
  const output = values.choice('--output', ['csv', 'snowflake']) ?? 'csv';
  const force = values.on('--force');
  const truncate = values.on('--truncate');
  if (truncate && output === 'csv') {
    throw usageError(
      '--truncate empties tables, and --output csv writes files',
      'Use --force to overwrite files.',
      'generate',
    );
  }
  if (truncate && force) throw usageError('--truncate and --force exclude each other', undefined, 'generate');
  const insertRows = values.wholeNumber('--sf-batch-size', 1, 100_000) ?? 10_000;
  return { output, force, truncate, insertRows, yes: values.on('--yes') };
}

/** A run of every query mode is four loads, so it makes do with fewer records. */
function demoInput(values: FlagValues) {
  const source = values.choice('--source', ['csv', 'snowflake']) ?? 'csv';
  const byDefault = source === 'csv' ? 25_000 : 5_000;
  return { source, records: values.wholeNumber('--records', 1, manyRecords) ?? byDefault };
}

function chosenShell(word: string): Shell {
  const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];
  const found = shells.find((shell) => shell === word.toLowerCase());
  if (found !== undefined) return found;
  throw usageError(
    `completion: found ${describeWord(word)}; allowed: ${shells.join(', ')}`,
    undefined,
    'completion',
  );
}

export interface Arguments {
  readonly values: FlagValues;
  readonly operands: readonly string[];
  /** Whether a flag of the replaced loader stands for the command. */
  readonly byOldFlag: boolean;
}

/** What the flags and words of a command mean, once they are known to be spelled right. */
export function interpretCommand(
  definition: CommandDefinition,
  { values, operands, byOldFlag }: Arguments,
): Command {
  const { name } = definition;
  switch (name) {
    case 'load':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        vaults: chosenVaults(values, name),
        maxParallelVaults: parallelVaults(values),
        precount: values.on('--precount', true),
        printSql: values.on('--print-sql'),
        checkConflicts: values.on('--check-conflicts'),
        newRun: values.on('--new-run'),
        yes: values.on('--yes'),
        startOrResume: resumption(values),
        offline: offlineWish(values, name),
        ...attended(values, name),
      };
    case 'resume':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        run: operands[0],
        offline: offlineWish(values, name),
        ...attended(values, name),
      };
    case 'monitor':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        run: operands[0],
        once: values.on('--once') || values.on('--json'),
      };
    case 'retry':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        files: operands,
        newRun: values.on('--new-run'),
        yes: values.on('--yes'),
      };
    case 'check':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        vaults: chosenVaults(values, name),
        maxParallelVaults: parallelVaults(values),
        precount: values.on('--precount', true),
      };
    case 'init':
      return { name, file: configured(values).config.file, force: values.on('--force') };
    case 'completion':
      return { name, shell: chosenShell(operands[0] ?? '') };
    case 'report':
      return { name, ...configured(values), ...presented(values, name), run: operands[0] ?? '' };
    case 'verify':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        run: operands[0],
        vaults: namedVaults(values, name),
        sample: verifySample(values),
        anew: values.on('--new-run'),
      };
    case 'demo':
      return {
        name,
        ...presented(values, name),
        ...demoInput(values),
        keep: values.on('--keep'),
        settings: values.settings(),
      };
    case 'sandbox':
      return {
        name,
        port: values.wholeNumber('--port', 0, 65_535) ?? 0,
        tls: values.on('--tls'),
        snowflake: values.on('--snowflake'),
        options: sandboxOptions(values),
      };
    case 'generate':
      return {
        name,
        ...configured(values),
        count: generateCount(values, operands),
        seed: values.wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
        ...generateTarget(values),
      };
    case 'clear':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        vaults: chosenVaults(values, name),
        fetchWorkers: values.wholeNumber('--fetch-workers', 1, 1000) ?? 20,
        deleteWorkers: values.wholeNumber('--delete-workers', 1, 1000) ?? 20,
        deleteBatchSize: values.wholeNumber('--delete-batch-size', 1, 10_000) ?? 25,
        maxRecords: values.wholeNumber('--max-records', 1, manyRecords),
        yes: values.on('--yes'),
        byOldFlag,
      };
    case 'calibrate':
      return {
        name,
        ...configured(values),
        ...presented(values, name),
        vault: oneVault(values, name),
        stepSeconds: values.wholeNumber('--step-seconds', 1, 60) ?? 2,
        maxBatchSize: values.wholeNumber('--max-batch-size', 1, 10_000) ?? 1_000,
        maxRecords: values.wholeNumber('--max-records', 1, manyRecords) ?? 200_000,
        write: values.text('--write'),
        yes: values.on('--yes'),
      };
    case 'help':
      return { name, text: helpFor(operands[0]) };
    default:
      return name satisfies never;
  }
}
