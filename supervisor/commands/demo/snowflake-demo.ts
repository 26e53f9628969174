import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import type { RunSummary } from '../../../src/report/summary-format.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { renderSummary } from '../../../src/report/render-summary.js';
import { figure, renderTable, words } from '../../../src/report/render-table.js';
import { paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import type { DemoCommand } from './definition.js';
import { usualVaults } from '../generate/generate-command.js';
import { loadAll } from '../load/load-command.js';
import { present, type Presentation } from '../../view/present.js';
import { demoLoad, demoVaults, type DemoPlace } from './demo-load.js';
import { engineDigest, vaultDigest } from './vault-digest.js';
import { startSandboxProcess, type SandboxProcess } from './sandbox-process.js';

/** A vault not far away: every mode takes its turn, so each is to take some seconds only. */
const sandboxBehaviour = { 'latency.p50Ms': '120', 'latency.p99Ms': '400', 'latency.fixedMs': '40' };
const demoPace = { 'performance.batch_size': '100', 'performance.max_concurrency': '8' };
const proofLimitMs = 60_000;

interface QueryProof {
  readonly name: string;
  readonly records: number;
  readonly recordsInVault: number;
  /** The vault holds exactly the pairs of the query: none missing, none doubled, none foreign. */
  readonly holds: boolean;
}

interface ModeOutcome {
  readonly mode: DemoMode;
  readonly summary: RunSummary;
  readonly proof: readonly QueryProof[];
}

interface Demo {
  readonly command: DemoCommand;
  readonly presentation: Presentation;
  readonly sandbox: SandboxProcess;
  readonly snowflake: NonNullable<SandboxProcess['snowflake']>;
  readonly directory: string;
}

/**
 * `demo --source snowflake`: loads from an embedded Snowflake, through the real driver, in every query mode into vaults
 * of its own, and compares each vault with what the engine itself says. Ends with the first load that does not.
 */
export async function snowflakeDemo(
  command: DemoCommand,
  { directory, presentation, stopping }: DemoPlace,
): Promise<number> {
  const others = String(Math.ceil(command.records / 2));
  const sandbox = await startSandboxProcess({
    snowflake: true,
    options: {
      ...sandboxBehaviour,
      'snowflake.seed.patients': String(command.records),
      'snowflake.seed.clm': others,
      'snowflake.seed.mbr': others,
      'snowflake.results.chunkRows': '2000',
    },
  });
  try {
    const { snowflake } = sandbox;
    if (snowflake === undefined)
      throw new SuperviseError('internal', 'the sandbox started without a Snowflake');
    presentation.people(
      `demo: ${formatCount(command.records)} patients, ${formatCount(Number(others))} claims and members in a ` +
        'Snowflake on this machine, loaded in every query mode into a sandbox vault\n',
    );
    const outcomes: ModeOutcome[] = [];
    for (const mode of demoModes) {
      stopping.throwIfAborted();
      const outcome = await runMode(mode, { command, presentation, sandbox, snowflake, directory });
      outcomes.push(outcome);
      if (outcome.summary.exit_code !== 0) break;
    }
    presentation.people(renderProofs(outcomes, presentation.style));
    const failed = outcomes.find(({ summary }) => summary.exit_code !== 0)?.summary.exit_code;
    const holds = outcomes.every(({ proof }) => proof.every((each) => each.holds));
    const exitCode = failed ?? (holds ? 0 : 1);
    presentation.document({
      format_version: 1,
      exit_code: exitCode,
      proven: failed === undefined && holds,
      modes: outcomes,
    });
    return exitCode;
  } finally {
    await sandbox.stop();
  }
}

async function runMode(mode: DemoMode, demo: Demo): Promise<ModeOutcome> {
  const { command, presentation, directory } = demo;
  presentation.people(`\nquery mode ${mode}\n`);
  const configFile = join(directory, mode, 'config.json');
  await mkdir(join(directory, mode));
  await writeFile(configFile, `${JSON.stringify(configuration(mode, demo), undefined, 2)}\n`);
  const settings = { ...demoPace, run_dir: join(directory, 'runs') };
  const isDetailed = command.verbosity === 'verbose';
  const summary = await loadAll(
    demoLoad(command, configFile, settings),
    isDetailed ? presentation : quietly(command, presentation),
  );
  if (summary.exit_code !== 0) {
    if (!isDetailed) presentation.people(renderSummary(summary, presentation.screen));
    return { mode, summary, proof: [] };
  }
  if (!isDetailed) presentation.people(renderTotals(summary));
  return { mode, summary, proof: await Promise.all(usualVaults.map((vault) => prove(vault, mode, demo))) };
}

/** Errors are shown, and neither progress nor the summary. */
function quietly({ json }: DemoCommand, presentation: Presentation): Presentation {
  const { view } = present({ json, verbosity: 'quiet' });
  return { ...presentation, view, people: () => undefined };
}

function configuration(mode: DemoMode, { sandbox, snowflake }: Demo): object {
  const skyflow = demoVaults(sandbox.vaultUrl, vaultPrefix(mode));
  return {
    source: 'snowflake',
    skyflow: mode === 'custom' ? { ...skyflow, vaults: withQueries(skyflow.vaults) } : skyflow,
    snowflake: {
      access_url: snowflake.accessUrl,
      account: 'SANDBOX',
      user: 'LOADER',
      password: 'sandbox-password',
      warehouse: 'SANDBOX_WH',
      query_mode: mode,
      ...(mode === 'generic' ? { clm_table: demoClm, mbr_table: demoMbr } : {}),
    },
    performance: { append_suffix: false, max_records: 0 },
  };
}

const vaultPrefix = (mode: DemoMode) => `demo-${mode}`;

function withQueries(vaults: readonly { readonly name: string }[]): object[] {
  return vaults.map((vault, at) => {
    const column = usualVaults[at]?.column;
    return column === undefined ? vault : { ...vault, query: customQuery(column) };
  });
}

async function prove(
  { name, column }: (typeof usualVaults)[number],
  mode: DemoMode,
  { sandbox, snowflake }: Demo,
): Promise<QueryProof> {
  const signal = AbortSignal.timeout(proofLimitMs);
  const vault = { id: `${vaultPrefix(mode)}-${column}`, table: column };
  const [expected, found] = await Promise.all([
    engineDigest(snowflake.controlUrl, expectedPairs(mode, column), signal),
    vaultDigest(sandbox.controlUrl, vault, signal),
  ]);
  const holds = found.count === expected.count && found.digest === expected.digest;
  return { name, records: expected.count, recordsInVault: found.count, holds };
}

function renderTotals({ totals, vaults }: RunSummary): string {
  const { read, uploaded, failed, skipped, duration_ms: durationMs } = totals;
  return (
    `  ${vaults.length} vaults: ${formatCount(read)} read = ${formatCount(uploaded)} uploaded + ` +
    `${formatCount(failed)} failed + ${formatCount(skipped)} skipped, in ${(durationMs / 1000).toFixed(1)} s\n`
  );
}

function renderProofs(outcomes: readonly ModeOutcome[], style: TextStyle): string {
  const symbols = symbolsOf(style);
  const rows = outcomes.flatMap(({ mode, proof }) =>
    proof.map(({ name, records, recordsInVault, holds }) => [
      mode,
      name,
      formatCount(records),
      formatCount(recordsInVault),
      holds
        ? paint(style, 'good', `${symbols.good} the same pairs`)
        : paint(style, 'bad', `${symbols.bad} OTHER PAIRS`),
    ]),
  );
  const columns = [words('Mode'), words('Vault'), figure('In the query'), figure('In the vault'), words('')];
  const table = renderTable({ columns, rows }, style).join('\n');
  return `\nPROOF (every pair of value and token: SQL run on the engine itself against the vault):\n${table}\n`;
}

const demoModes = ['simple', 'union', 'generic', 'custom'] as const;
type DemoMode = (typeof demoModes)[number];
type DemoColumn = 'name' | 'id' | 'dob' | 'ssn';

const demoClm = 'D01_SKYFLOW_POC.SKYFLOW_POC.CLM';
const demoMbr = 'D01_SKYFLOW_POC.SKYFLOW_POC.MBR';
const udfs = {
  name: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_MBR_NAME_DETOK',
  id: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_MBR_IDENTIFIERS_DETOK',
  dob: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_BIRTHDATE_DETOK',
  ssn: 'T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_SSN_DETOK',
};
const clmColumns = {
  name: ['SRC_MBR_FRST_NM', 'SRC_MBR_LAST_NM', 'SRC_MBR_MID_INIT_NM'],
  id: ['SRC_ENRLMNT_ID', 'SRC_HC_ID', 'SRC_SBSCRBR_ID'],
  dob: ['SRC_MBR_BRTH_DT'],
  ssn: ['SRC_MBR_SSN'],
};
const mbrColumns = {
  name: ['FRST_NM', 'LAST_NM', 'MID_INIT_NM'],
  id: ['SRC_ENRLMNT_ID', 'HC_ID', 'SBSCRBR_ID'],
  dob: ['BRTH_DT'],
  ssn: ['SSN'],
};
const memberColumn = { name: 'LAST_NM', id: 'HC_ID', dob: 'BRTH_DT', ssn: 'SSN' };

/** A vault's own SQL for mode custom: members only, rows without a value or token and duplicates included. */
function customQuery(column: DemoColumn): string {
  const source = memberColumn[column];
  return `SELECT ${source}, ${source}_TOKEN FROM ${demoMbr}`;
}

/**
 * What a vault must hold after a load: SQL of the sandbox's engine itself, with columns `v` and `t`. It is written
 * apart from the queries that the load sends, so that a mistake in those shows.
 */
function expectedPairs(mode: DemoMode, column: DemoColumn): string {
  switch (mode) {
    case 'simple': {
      const source = column === 'name' ? 'FULL_NAME' : column.toUpperCase();
      const value = column === 'name' ? 'UPPER(FULL_NAME)' : `CAST(${source} AS VARCHAR)`;
      return `SELECT DISTINCT ${value} AS v, ${source}_TOKEN AS t FROM ELEVANCE.PUBLIC.PATIENTS WHERE ${source} IS NOT NULL AND t IS NOT NULL`;
    }
    case 'union':
      return `SELECT v, ${udfs[column]}(v) AS t FROM (SELECT DISTINCT v FROM (${everywhere(column)})) WHERE v IS NOT NULL`;
    case 'generic':
      return `SELECT DISTINCT v, t FROM (${everywhere(column)}) WHERE v IS NOT NULL AND t IS NOT NULL`;
    case 'custom': {
      const source = memberColumn[column];
      return `SELECT CAST(${source} AS VARCHAR) AS v, ${source}_TOKEN AS t FROM ${demoMbr} WHERE v IS NOT NULL AND t IS NOT NULL`;
    }
    default:
      return mode satisfies never;
  }
}

/** Every value of a vault's columns in both tables, with the token beside it. */
function everywhere(column: DemoColumn): string {
  const from = (table: string) => (source: string) =>
    `SELECT CAST(${source} AS VARCHAR) AS v, ${source}_TOKEN AS t FROM ${table}`;
  return [...clmColumns[column].map(from(demoClm)), ...mbrColumns[column].map(from(demoMbr))].join(
    ' UNION ALL ',
  );
}
