import { basename } from 'node:path';
import type { VaultSettings } from '../../config/configuration.js';
import { formatBytes, formatCount } from '../../report/format-numbers.js';
import { thrownFinding, type Finding, warnBeyondEnd } from '../finding.js';
import { describeFaults, type FileFaults } from '../files/file-faults.js';
import { previewRecords, describePreview, describeShape } from '../files/survey.js';
import type { InputShape, InputIdentity, RecordSource, SourceInspection } from '../record-source.js';
import type { CheckedLoad, InputSize, SourceCheck } from '../source-kind.js';
import { Fingerprints } from '../fingerprints/fingerprints.js';
import { KnownPieces } from '../fingerprints/piece-table.js';
import { openVaultFiles } from './csv-source.js';
import { proposeSettings, type ProposedSettings } from './propose-settings.js';
import { refuseUnkeyed } from './pairing.js';
import { isPair } from './vault-files.js';

/** As many pairs at the same time as there are likely disks and cores to read them. */
const pairsAtATime = 4;

/** What is shown of files that are not to be read whole. */
const previewRows = 10_000;

/** What of the files is looked at. */
type Looks = 'identity' | 'survey' | 'preview';

/** Looks the files of every vault over, with the pass that a load makes before its first request. */
export async function checkCsv(
  { settings, vaults, precount, fingerprints = Fingerprints.plain, onlyIdentity = false }: CheckedLoad,
  signal: AbortSignal,
): Promise<SourceCheck> {
  const looks = onlyIdentity ? 'identity' : precount ? 'survey' : 'preview';
  const known = new KnownPieces(fingerprints);
  const findings = new Map<string, readonly Finding[]>();
  const sizes = new Map<string, InputSize>();
  const waiting = [...vaults];
  const work = async (): Promise<void> => {
    for (let vault = waiting.shift(); vault !== undefined; vault = waiting.shift()) {
      try {
        refuseUnkeyed(settings, [vault]);
        const source = openVaultFiles(vault.name, { files: vault.csv, precount }, { known });
        const { inspection, shape, seen, rows } = await lookOver(vault.name, source, looks, signal);
        sizes.set(vault.name, { ...sizeOf(inspection), shape, inputs: inspection.inputs });
        const notes = (inspection.notes ?? []).map((message): Finding => ({
          status: 'good',
          subject: vault.name,
          message,
        }));
        const warned = (inspection.warnings ?? []).map((message) => warning(vault.name, message));
        const beyond = warnBeyondEnd(vault.name, settings.performance.start_record, rows);
        findings.set(vault.name, [describe(vault, inspection), ...notes, ...seen, ...beyond, ...warned]);
      } catch (error) {
        signal.throwIfAborted();
        const [first, ...others] = await explain(error, vault, looks, signal);
        const proposed = await proposeSettings(vault.name, vault.csv, signal).catch(() => undefined);
        findings.set(vault.name, [withHint(first, proposed), ...others]);
      }
    }
  };
  await Promise.all(Array.from({ length: pairsAtATime }, work));
  return { findings: vaults.flatMap(({ name }) => findings.get(name) ?? []), sizes };
}

/** All that is wrong with the files of a vault, where they are wrong by themselves; else what was thrown. */
async function explain(
  thrown: unknown,
  { name, csv }: VaultSettings,
  how: Looks,
  signal: AbortSignal,
): Promise<readonly [Finding, ...Finding[]]> {
  const faults = async (): Promise<readonly FileFaults[]> => {
    const source = openVaultFiles(name, { files: csv, precount: false });
    const mostRows = how === 'survey' ? undefined : previewRows;
    return how === 'identity' ? [] : source.faults({ mostRows }, signal);
  };
  // Files that cannot even be listed are what was thrown.
  const found = await faults().catch(() => []);
  signal.throwIfAborted();
  const [first, ...others] = found.flatMap((one) => describeFaults(name, one));
  return first === undefined ? [thrownFinding(thrown, name)] : [first, ...others];
}

interface LookedOver {
  readonly inspection: SourceInspection;
  readonly shape?: InputShape;
  readonly seen: readonly Finding[];
  /** All there are; undefined where not all were looked at. */
  readonly rows: number | undefined;
}

async function lookOver(
  name: string,
  source: RecordSource,
  how: Looks,
  signal: AbortSignal,
): Promise<LookedOver> {
  if (how === 'survey' && source.survey !== undefined) {
    const surveyed = await source.survey(signal);
    return { ...surveyed, seen: describeShape(name, surveyed.shape), rows: surveyed.inspection.rows };
  }
  const inspection = await source.inspect(signal);
  if (how !== 'preview') return { inspection, seen: [], rows: inspection.rows };
  const preview = await previewRecords(source, previewRows, signal);
  return {
    inspection,
    seen: describePreview(name, preview),
    rows: preview.isWhole ? preview.rows : undefined,
  };
}

function sizeOf({ rows, inputs }: SourceInspection): InputSize {
  return { rows, bytes: inputs.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0) };
}

function describe({ name, csv }: VaultSettings, inspection: SourceInspection): Finding {
  const { rows, bytes } = sizeOf(inspection);
  const files = nameFiles(inspection.inputs);
  const size = formatBytes(bytes);
  if (rows === undefined) {
    return {
      status: 'good',
      subject: name,
      message: `${files}: headers are there (${size}); rows not counted (--no-precount)`,
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
  const isPaired = isPair(csv);
  const pairing = isPaired ? `, paired by ${csv.key_column ?? 'the number of their row'}` : '';
  return {
    status: 'good',
    subject: name,
    message: `${files}: ${formatCount(rows)} rows${isPaired ? ' each' : ''}${pairing} (${size})`,
  };
}

/** All of them by name, or of hundreds the ends of each sequence. */
function nameFiles(inputs: readonly InputIdentity[]): string {
  const roles = [...new Set(inputs.map(({ role }) => role))];
  const shown = roles.map((role) => {
    const names = inputs.filter((input) => input.role === role).map(({ name }) => basename(name));
    const [first, last] = [names[0], names.at(-1)];
    return names.length <= 3 ? names.join(', ') : `${first ?? ''} … ${last ?? ''} (${names.length} parts)`;
  });
  return shown.join(', ');
}

function warning(subject: string, message: string): Finding {
  return { status: 'warn', subject, message };
}

function withHint(finding: Finding, proposed: ProposedSettings | undefined): Finding {
  const hint =
    finding.hint ?? 'Put the files there, or name them: csv.data_directory (--data-dir), the key csv.';
  if (proposed === undefined || Object.keys(proposed).length === 0) return { ...finding, hint };
  return {
    ...finding,
    hint: `${hint}\nThe columns are found with these settings of the vault: "csv": ${JSON.stringify(proposed)}`,
  };
}
