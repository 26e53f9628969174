import { isUsual } from '../../src/source/csv/dialect.js';
import { singleFiles } from '../../src/source/csv/vault-files.js';
import { dialectOf } from '../../src/source/csv/form-settings.js';
import { resolve, sep } from 'node:path';
import type { VaultSettings } from '../../src/config/configuration.js';
import { loadSettings } from '../../src/config/load-configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { BenchTarget } from './load-target.js';
import { createInterface } from 'node:readline/promises';
import { formatCount } from '../../src/report/format-numbers.js';

export interface VaultTargetOptions {
  /** The configuration file as the user named it. */
  readonly file: string;
  /** Which of its vaults; undefined: all. */
  readonly vaults: readonly string[] | undefined;
  /** Where the generated records lie. */
  readonly dataDirectory: string;
}

/** A target in somebody's account, and what must be shown before anything is sent. */
interface VaultTarget extends BenchTarget {
  readonly vaultUrl: string;
  readonly tables: ReadonlyMap<string, string>;
}

/**
 * The vaults of a configuration file as a target. Only vaults that say `allow_destructive: true` are taken, since
 * the records of a benchmark have to be deleted afterwards; throws `config` naming every other one. Records are
 * suffixed, so that a load can be repeated.
 */
export function vaultTarget(options: VaultTargetOptions): VaultTarget {
  const { settings } = loadSettings({
    file: options.file,
    fileWasNamed: true,
    environment: process.env,
    flags: { 'csv.data_directory': options.dataDirectory },
  });
  const vaultUrl = settings.skyflow.vault_url;
  if (vaultUrl === undefined) {
    throw new SuperviseError('config', `${options.file} names no skyflow.vault_url to load`);
  }
  const vaults = choose(settings.skyflow.vaults, options);
  for (const vault of vaults) refuseUnfit(vault, options);
  return {
    kind: 'vault',
    title: `${vaults.map(({ name, id }) => `vault ${name} (${id})`).join(', ')} at ${vaultUrl}`,
    vaultUrl,
    tables: new Map(vaults.map(({ name, table }) => [name, table])),
    vaults: vaults.map(({ name, id, csv }) => ({
      name,
      id,
      csv: {
        name,
        dataFile: String(csv.data_file),
        tokenFile: String(csv.token_file),
        valueHeader: csv.value_header,
        tokenHeader: csv.token_header,
      },
    })),
    configFile: resolve(options.file),
    flags: ['--source', 'csv', '--append-suffix=true'],
    environment: process.env,
    meanLatencyMs: undefined,
    remains: describeRemains(vaults, resolve(options.file)),
  };
}

function describeRemains(vaults: readonly VaultSettings[], file: string): string {
  const names = vaults.map(({ name }) => name).join(',');
  return (
    `The test records are still in ${names}. Delete them when you have done with measuring:\n` +
    `  skyflow-supervise clear --config ${file} --vault ${names}`
  );
}

function choose(
  all: readonly VaultSettings[],
  { file, vaults }: VaultTargetOptions,
): readonly VaultSettings[] {
  const chosen =
    vaults === undefined
      ? all
      : vaults.map((wanted) => {
          const vault = all.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
          if (vault !== undefined) return vault;
          const known = all.map(({ name }) => name).join(', ');
          throw new SuperviseError('usage', `${file} has no vault ${wanted}; it has: ${known}`);
        });
  if (chosen.length === 0) throw new SuperviseError('config', `${file} names no vaults`);
  const refused = chosen.filter(({ allow_destructive }) => !allow_destructive).map(({ name }) => name);
  if (refused.length === 0) return chosen;
  throw new SuperviseError(
    'config',
    `${file}: ${refused.join(', ')} may not be loaded with benchmark records, which have to be deleted afterwards`,
    {
      hint: 'Only for a vault that holds nothing but test data: set its allow_destructive to true; or choose others with --vault.',
    },
  );
}

/** A file named by an absolute path would be the user's own data, not the generated records. */
function refuseUnfit({ name, csv }: VaultSettings, { file, dataDirectory }: VaultTargetOptions): void {
  const inside = (path: string): boolean => path.startsWith(resolve(dataDirectory) + sep);
  const files = singleFiles(csv);
  const isPlain =
    csv.key_column === undefined &&
    isUsual(dialectOf(csv)) &&
    csv.delimiter === ',' &&
    csv.encoding === 'utf8' &&
    !files?.dataFile.endsWith('.gz');
  if (isPlain && files !== undefined && inside(files.dataFile) && inside(files.tokenFile)) return;
  throw new SuperviseError(
    'config',
    `${file}: vault ${name} has CSV files that a benchmark cannot generate (absolute path, key column, delimiter, encoding or gzip)`,
    { hint: 'Use a configuration file of its own, without the section csv.' },
  );
}

interface TargetConfirmation {
  readonly target: VaultTarget;
  /** How many loads there will be, and records for each vault in all of them. */
  readonly loads: number;
  readonly recordsPerVault: number;
  /** Whether `--yes` was given. */
  readonly yes: boolean;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Says what will be put into which vaults, and has the id of each typed, unless `--yes`. Throws `usage` when the
 * answer is another one, or when nobody can be asked.
 */
export async function confirmTarget(confirmation: TargetConfirmation): Promise<void> {
  const { target, loads, recordsPerVault, yes, progress, signal } = confirmation;
  progress(`This puts ${formatCount(recordsPerVault)} test records, in ${loads} loads, into each of:`);
  for (const { name, id } of target.vaults) {
    progress(`  ${name}: table ${target.tables.get(name) ?? ''} of vault ${id}`);
  }
  progress(`at ${target.vaultUrl}. They stay there until you delete them.`);
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new SuperviseError('usage', 'nobody can be asked whether these vaults may be loaded', {
      hint: 'Give --yes when they may.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C at the question is a signal like any other.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    for (const { name, id } of target.vaults) {
      const answer = await terminal.question(`Type the id of ${name} to go on: `, { signal });
      if (answer.trim() === id) continue;
      throw new SuperviseError('usage', `that is not the id of ${name}: nothing was sent`);
    }
  } finally {
    terminal.close();
  }
}
