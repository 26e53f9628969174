import type { Settings, VaultCsv } from '../src/config/configuration.js';
import { loadSettings } from '../src/config/load-configuration.js';
import { SuperviseError } from '../src/errors/supervise-error.js';
import { generateCsvPairs, type MockCsvVault } from '../src/generate/generate-csv-pairs.js';
import { formatCount } from '../src/report/format-numbers.js';
import type { GenerateCommand } from './command-line/command.js';
import { StopSignals } from './process/stop-signals.js';

const progressIntervalMs = 1_000;

/** `generate N`: mock data as CSV pairs for the configured vaults, or for the four usual ones. */
export async function generateCommand(command: GenerateCommand): Promise<number> {
  if (command.output !== 'csv') {
    throw new SuperviseError('usage', 'this version generates CSV files only', {
      hint: 'Leave --output out.',
    });
  }
  const { settings } = loadSettings({
    file: command.config.file,
    fileWasNamed: command.config.wasNamed,
    environment: process.env,
    flags: command.settings,
  });
  const vaults = mockVaults(settings);
  const signals = new StopSignals();
  const rows = new Map<string, number>();
  const total = command.count * vaults.length;
  const timer = setInterval(() => {
    const done = [...rows.values()].reduce((sum, count) => sum + count, 0);
    process.stderr.write(`generated ${formatCount(done)} of ${formatCount(total)} rows\n`);
  }, progressIntervalMs);
  try {
    const generated = await generateCsvPairs({
      directory: settings.csv.data_directory,
      count: command.count,
      vaults,
      seed: command.seed === undefined ? undefined : String(command.seed),
      force: command.force,
      delimiter: settings.csv.delimiter,
      signal: signals.stopping,
      onProgress: ({ vaultName, rows: done }) => rows.set(vaultName, done),
    });
    for (const { name, rows: count, files } of generated) {
      process.stdout.write(`${name}: ${formatCount(count)} records in ${files.join(' and ')}\n`);
    }
    return 0;
  } catch (error) {
    if (signals.first === undefined) throw error;
    process.stderr.write('stopped: no file was written\n');
    return signals.first === 'SIGINT' ? 130 : signals.first === 'SIGTERM' ? 143 : 129;
  } finally {
    clearInterval(timer);
    signals.close();
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
  return skyflow.vaults.map(({ name, csv }) => ({ name, ...filesOf(csv) }));
}

function filesOf(csv: VaultCsv): Omit<MockCsvVault, 'name'> {
  return {
    dataFile: csv.data_file,
    tokenFile: csv.token_file,
    valueHeader: csv.value_header,
    tokenHeader: csv.token_header,
  };
}
