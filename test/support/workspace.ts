import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunId } from '../../src/run-record/run-id.js';
import { runSummarySchema, type RunSummary } from '../../src/report/summary-format.js';
import {
  runProgram,
  startProgram,
  type ProgramEnd,
  type ProgramOptions,
  type RunningProgram,
} from './program.js';
import { newFolder } from './temporary-folder.js';

/** The four usual vaults, with ids and tables as the tests use them. */
export const vaults = {
  NAME: { name: 'NAME', id: 'vault-name', column: 'name', header: 'full_name' },
  ID: { name: 'ID', id: 'vault-id', column: 'id', header: 'id' },
  DOB: { name: 'DOB', id: 'vault-dob', column: 'dob', header: 'dob' },
  SSN: { name: 'SSN', id: 'vault-ssn', column: 'ssn', header: 'ssn' },
} as const;
export type VaultName = keyof typeof vaults;
type Pair = readonly [value: string, token: string];

/** A folder of a test's own, with everything that a user has: a config file and a data directory. */
export class Workspace implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<Workspace> {
    const path = await realpath(newFolder(join(tmpdir(), 'skyflow-supervise-test-')));
    await mkdir(join(path, 'data'));
    return new Workspace(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Runs the built program here, to its end (`runProgram`): with this exit status, where one is said. */
  async run(
    argv: readonly string[],
    { status, ...options }: Omit<ProgramOptions, 'cwd'> & { readonly status?: number } = {},
  ): Promise<ProgramEnd> {
    const end = await runProgram(argv, { cwd: this.path, ...options });
    if (status !== undefined)
      assert.equal(end.status, status, `${argv.join(' ')}\n${end.stdout}${end.stderr}`);
    return end;
  }

  /** Starts the built program here, in a process of its own (`startProgram`). */
  start(argv: readonly string[], options: Omit<ProgramOptions, 'cwd'> = {}): RunningProgram {
    return startProgram(argv, { cwd: this.path, ...options });
  }

  /** Writes config.json for these vaults, with `sections` laid over what a test usually wants. */
  async configure(
    vaultUrl: string,
    names: readonly VaultName[],
    sections: {
      skyflow?: object;
      performance?: object;
      csv?: object;
      error_log?: object;
      store?: object;
    } = {},
  ): Promise<void> {
    const configuration = {
      skyflow: {
        vault_url: vaultUrl,
        bearer_token: 'test-bearer-token',
        vaults: names.map((name) => ({ name, id: vaults[name].id, column: vaults[name].column })),
        settle_ms: 0,
        ...sections.skyflow,
      },
      csv: { data_directory: 'data', ...sections.csv },
      performance: { append_suffix: false, max_records: 0, ...sections.performance },
      ...(sections.error_log === undefined ? {} : { error_log: sections.error_log }),
      ...(sections.store === undefined ? {} : { store: sections.store }),
    };
    await writeFile(this.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
  }

  /** Writes the CSV pair of a vault; cells are quoted where they must be. */
  async writePairs(name: VaultName, pairs: readonly Pair[]): Promise<void> {
    const { column, header } = vaults[name];
    const column1 = [header, ...pairs.map(([value]) => value)];
    const column2 = [`${header}_token`, ...pairs.map(([, token]) => token)];
    await writeFile(this.at('data', `${column}_data.csv`), `${column1.map(cell).join('\n')}\n`);
    await writeFile(this.at('data', `${column}_tokens.csv`), `${column2.map(cell).join('\n')}\n`);
  }

  /** The directories of the runs, oldest first. */
  async runs(): Promise<string[]> {
    const names = await readdir(this.at('runs')).catch(() => []);
    return names
      .filter(isRunId)
      .sort()
      .map((id) => this.at('runs', id));
  }

  /** The error log of the first vault of the newest run; '': it has none. */
  async errorLog(): Promise<string> {
    return (await this.summary()).vaults[0]?.error_log ?? '';
  }

  async summary(): Promise<RunSummary> {
    const newest = (await this.runs()).at(-1);
    if (newest === undefined) throw new Error('there is no run');
    return runSummarySchema.parse(JSON.parse(await readFile(join(newest, 'summary.json'), 'utf8')));
  }
}

/** `count` pairs with distinct values and tokens. */
export function makePairs(count: number, prefix = 'p'): Pair[] {
  return Array.from({ length: count }, (_, at) => [`${prefix} value ${at}`, `tok_${prefix}_${at}`] as const);
}

/** Pairs as `TestSandbox.pairs` gives them. */
export function asMultiset(pairs: readonly Pair[]): string[] {
  return pairs.map(([value, token]) => `${value}\t${token}`).sort();
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
