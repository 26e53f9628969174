import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadAloneOptions } from '../lone-child/load-alone.js';
import { generateCsvPairs } from '../../src/generate/generate-csv-pairs.js';

/** A folder with a configuration and the CSV pairs of some vaults, which is gone afterwards. */
export interface CsvWorkspace extends AsyncDisposable {
  readonly path: string;
  readonly dataDirectory: string;
  /** Where a load by a child alone goes, and where it is from; `run` names the folder of its files. */
  alone(run: string): Pick<LoadAloneOptions, 'vaultUrl' | 'dataDirectory' | 'runDirectory'>;
}

/** Mock data of so many records for each of the vaults, and a configuration that loads all of it into `vaultUrl`. */
export async function createCsvWorkspace(
  vaultUrl: string,
  options: {
    /** Absent: NAME alone. */
    readonly vaultNames?: readonly ('NAME' | 'ID' | 'DOB' | 'SSN')[];
    readonly records: number;
    readonly stopping: AbortSignal;
  },
): Promise<CsvWorkspace> {
  const path = await mkdtemp(join(tmpdir(), 'skyflow-supervise-bench-'));
  const dispose = () => rm(path, { recursive: true, force: true });
  try {
    const vaults = (options.vaultNames ?? ['NAME']).map((name) => ({ name, column: name.toLowerCase() }));
    await generateCsvPairs({
      directory: join(path, 'data'),
      count: options.records,
      vaults: vaults.map(({ name, column }) => {
        const header = name === 'NAME' ? 'full_name' : column;
        return {
          name,
          dataFile: `${column}_data.csv`,
          tokenFile: `${column}_tokens.csv`,
          valueHeader: header,
          tokenHeader: `${header}_token`,
        };
      }),
      force: false,
      signal: options.stopping,
    });
    const configuration = {
      skyflow: {
        vault_url: vaultUrl,
        bearer_token: 't',
        vaults: vaults.map(({ name, column }) => ({ name, id: `v-${column}`, column })),
      },
      csv: { data_directory: 'data' },
      performance: { append_suffix: false, max_records: 0 },
    };
    await writeFile(join(path, 'config.json'), JSON.stringify(configuration), { mode: 0o600 });
  } catch (error) {
    await dispose();
    throw error;
  }
  const dataDirectory = join(path, 'data');
  return {
    path,
    dataDirectory,
    alone: (run) => ({ vaultUrl, dataDirectory, runDirectory: join(path, run) }),
    [Symbol.asyncDispose]: dispose,
  };
}
