import type { Settings, VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { singleFiles } from '../../../src/source/csv/vault-files.js';
import { generateCsvPairs, type MockCsvVault } from '../../../src/generate/generate-csv-pairs.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import type { GenerateCommand } from './definition.js';
import { StopSignals } from '../../process/stop-signals.js';
import { writeForPeople } from '../../view/write-for-people.js';
import { settingsOf } from '../../command-line/configured.js';

const progressIntervalMs = 1_000;

/**
 * `generate N`: mock data as CSV pairs for the configured vaults, or for the four usual ones, or as rows of tables in
 * Snowflake.
 */
export async function generateCommand(command: GenerateCommand): Promise<number> {
  const settings = settingsOf(command);
  const isCsv = command.output === 'csv';
  const signals = new StopSignals();
  const rows = new Map<string, number>();
  const timer = setInterval(() => {
    const done = [...rows.values()].reduce((sum, count) => sum + count, 0);
    writeForPeople(
      process.stderr,
      `generated ${formatCount(done)} rows, ${formatCount(command.count)} of each wanted\n`,
    );
  }, progressIntervalMs);
  const generation = {
    command,
    settings,
    signal: signals.stopping,
    onProgress: (name: string, done: number) => rows.set(name, done),
  };
  try {
    if (isCsv) await generateFiles(generation);
    else await (await import('./generate-snowflake.js')).generateIntoSnowflake(generation);
    return 0;
  } catch (error) {
    if (signals.first === undefined) throw error;
    writeForPeople(process.stderr, isCsv ? 'stopped: no file was written\n' : describeStop(rows));
    return signals.first === 'SIGINT' ? 130 : signals.first === 'SIGTERM' ? 143 : 129;
  } finally {
    clearInterval(timer);
    signals.close();
  }
}

function describeStop(rows: ReadonlyMap<string, number>): string {
  if (rows.size === 0) return 'stopped: no row is known to have been inserted\n';
  const inserted = [...rows].map(([table, count]) => `${table}: ${formatCount(count)} rows inserted`);
  return `stopped; ${inserted.join('; ')}; the INSERT that was cancelled may have come in besides\n`;
}

interface FileGeneration {
  readonly command: GenerateCommand;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly onProgress: (vault: string, rows: number) => void;
}

async function generateFiles({ command, settings, signal, onProgress }: FileGeneration): Promise<void> {
  const generated = await generateCsvPairs({
    directory: settings.csv.data_directory,
    count: command.count,
    vaults: mockVaults(settings),
    seed: command.seed === undefined ? undefined : String(command.seed),
    force: command.force,
    delimiter: settings.csv.delimiter,
    signal,
    onProgress: ({ vaultName, rows }) => onProgress(vaultName, rows),
  });
  for (const { name, rows, files } of generated) {
    writeForPeople(process.stdout, `${name}: ${formatCount(rows)} records in ${files.join(' and ')}\n`);
  }
}

/** The four vaults that a customer usually has, by name and column. */
export const usualVaults = [
  { name: 'NAME', column: 'name', header: 'full_name' },
  { name: 'ID', column: 'id', header: 'id' },
  { name: 'DOB', column: 'dob', header: 'dob' },
  { name: 'SSN', column: 'ssn', header: 'ssn' },
] as const;

function mockVaults({ skyflow }: Settings): MockCsvVault[] {
  if (skyflow.vaults.length === 0) {
    return usualVaults.map(({ name, column, header }) => ({
      name,
      dataFile: `${column}_data.csv`,
      tokenFile: `${column}_tokens.csv`,
      valueHeader: header,
      tokenHeader: `${header}_token`,
    }));
  }
  return skyflow.vaults.map(mockFiles);
}

/** Throws `config` for a vault whose files are parts. */
export function mockFiles({ name, csv }: VaultSettings): MockCsvVault {
  const files = singleFiles(csv);
  if (files === undefined) {
    throw new SuperviseError(
      'config',
      `vault ${name} is loaded from parts, and one file is made for each column`,
      {
        hint: 'Use a configuration of its own for mock data, with one data_file and one token_file.',
      },
    );
  }
  return {
    name,
    ...files,
    valueHeader: csv.value_header,
    tokenHeader: csv.token_header,
  };
}
