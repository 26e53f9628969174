import type { VaultSettings } from '../../../src/config/configuration.js';
import { formatBytes, formatCount } from '../../../src/report/format-numbers.js';
import { openCsvSource } from '../../../src/source/csv/csv-source.js';
import type { SourceInspection } from '../../../src/source/record-source.js';
import { thrownFinding, type Finding } from './check.js';

/** How much a vault's input is; `rows` is undefined where nobody counted. */
export interface InputSize {
  readonly rows: number | undefined;
  readonly bytes: number;
}

export interface CsvCheck {
  readonly findings: readonly Finding[];
  /** By the vault's name; only of files that are in order. */
  readonly sizes: ReadonlyMap<string, InputSize>;
}

/** As many pairs at the same time as there are likely disks and cores to read them. */
const pairsAtATime = 4;

/** Looks the files of every vault over, with the pass that a load makes before its first request. */
export async function checkCsv(
  vaults: readonly VaultSettings[],
  precount: boolean,
  signal: AbortSignal,
): Promise<CsvCheck> {
  const findings = new Map<string, readonly Finding[]>();
  const sizes = new Map<string, InputSize>();
  const waiting = [...vaults];
  const work = async (): Promise<void> => {
    for (let vault = waiting.shift(); vault !== undefined; vault = waiting.shift()) {
      try {
        const inspection = await inspect(vault, precount, signal);
        sizes.set(vault.name, sizeOf(inspection));
        const warned = (inspection.warnings ?? []).map((message) => warning(vault.name, message));
        findings.set(vault.name, [describe(vault, inspection), ...warned]);
      } catch (error) {
        signal.throwIfAborted();
        findings.set(vault.name, [withHint(thrownFinding(error, vault.name))]);
      }
    }
  };
  await Promise.all(Array.from({ length: pairsAtATime }, work));
  return { findings: vaults.flatMap(({ name }) => findings.get(name) ?? []), sizes };
}

function inspect(
  { name, csv }: VaultSettings,
  precount: boolean,
  signal: AbortSignal,
): Promise<SourceInspection> {
  const source = openCsvSource({
    vaultName: name,
    dataFile: csv.data_file,
    tokenFile: csv.token_file,
    valueHeader: csv.value_header,
    tokenHeader: csv.token_header,
    keyHeader: csv.key_column,
    delimiter: csv.delimiter,
    encoding: csv.encoding,
    accept: csv.accept,
    precount,
  });
  return source.inspect(signal);
}

function sizeOf({ rows, inputs }: SourceInspection): InputSize {
  return { rows, bytes: inputs.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0) };
}

function describe({ name, csv }: VaultSettings, inspection: SourceInspection): Finding {
  const { rows, bytes } = sizeOf(inspection);
  const files = inspection.inputs.map(({ name: path }) => path.split(/[\\/]/).at(-1) ?? path).join(', ');
  const size = formatBytes(bytes);
  if (rows === undefined) {
    return {
      status: 'good',
      subject: name,
      message: `${files}: headers are there (${size}); rows not counted`,
    };
  }
  if (rows === 0) {
    return {
      status: 'warn',
      subject: name,
      message: `${files}: no rows below the headers`,
      hint: 'A load of it sends nothing.',
    };
  }
  const isPair = csv.data_file !== csv.token_file;
  const pairing = isPair && csv.key_column !== undefined ? `, paired by ${csv.key_column}` : '';
  return {
    status: 'good',
    subject: name,
    message: `${files}: ${formatCount(rows)} rows${isPair ? ' each' : ''}${pairing} (${size})`,
  };
}

function warning(subject: string, message: string): Finding {
  return { status: 'warn', subject, message };
}

function withHint(finding: Finding): Finding {
  const hint =
    finding.hint ?? 'Put the files there, or name them: csv.data_directory (--data-dir), the key csv.';
  return { ...finding, hint };
}
