import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../../src/config/load-configuration.js';
import type { VaultSettings } from '../../../src/config/configuration.js';
import { generateCsvPairs } from '../../../src/generate/generate-csv-pairs.js';
import { SIGNAL_EXIT } from '../../../src/status/statuses.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import type { DemoCommand } from './definition.js';
import { mockFiles, usualVaults } from '../generate/generate-command.js';
import { loadAll } from '../load/load-command.js';
import { present, type Presentation } from '../../view/present.js';
import { StopSignals } from '../../process/stop-signals.js';
import { demoLoad, demoVaults, type DemoPlace } from './demo-load.js';
import { openDemoMachines } from './demo-machines.js';
import { KillMachine, KillMidway } from './kill-midway.js';
import { startSandboxProcess } from './sandbox-process.js';
import { snowflakeDemo } from './snowflake-demo.js';
import { singleSettings } from '../../../src/config/catalogue.js';
import { MultisetDigest } from '../../../src/sandbox/multiset-digest.js';
import { openVaultFiles } from '../../../src/source/csv/csv-source.js';
import { vaultDigest } from './vault-digest.js';
import { type TextStyle, paint, symbolsOf } from '../../../src/report/text-style.js';

/** About what a vault across the internet does. */
const sandboxBehaviour = { 'latency.p50Ms': '450', 'latency.p99Ms': '1200', 'latency.fixedMs': '100' };
/** Small enough for a quarter of a minute at that latency. */
const demoPace = { 'performance.batch_size': '100', 'performance.max_concurrency': '8' };
/** So many parts of each vault for machines to take. */
const shardsOfVault = 3;
/** Far beyond what the sandbox takes for any request, and short enough to wait for. */
const settleMs = 5_000;

/**
 * `demo`: the main job with no account. Generates data, loads it into a sandbox in a process of its own with the very
 * same load that a real vault gets, kills one of its processes midway, then compares what the sandbox holds with the
 * data. Its folder is removed however it ends.
 */
export async function demoCommand(command: DemoCommand): Promise<number> {
  forgetConfiguration();
  using signals = new StopSignals();
  const directory = await mkdtemp(join(tmpdir(), 'skyflow-demo-'));
  const presentation = present(command);
  let status: number | undefined;
  try {
    await keepStateIn(join(directory, 'state'));
    status = await demos[command.source](command, { directory, presentation, stopping: signals.stopping });
    return status;
  } catch (error) {
    if (signals.first === undefined) throw error;
    return SIGNAL_EXIT[signals.first];
  } finally {
    if (!command.keep) await rm(directory, { recursive: true, force: true });
    presentation.people(
      command.keep
        ? `The demo's folder is kept: ${directory}\n`
        : "The demo's folder is removed; --keep keeps it.\n",
    );
    if (status === 0) presentation.people('Next, your own data:\n  skyflow-supervise init\n');
  }
}

/** What a load leaves for later ones (locks, notes of what was loaded) and temporary files are no business of the user's. */
async function keepStateIn(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  Object.assign(process.env, { XDG_STATE_HOME: folder, TMPDIR: folder });
}

const demos = { csv: csvDemo, snowflake: snowflakeDemo } as const;

async function csvDemo(
  command: DemoCommand,
  { directory, presentation, stopping }: DemoPlace,
): Promise<number> {
  const dataDirectory = join(directory, 'data');
  const { machines: count } = command;
  await using machines =
    count === undefined
      ? undefined
      : await openDemoMachines(directory, {
          machines: count,
          shardRows: Math.max(1, Math.ceil(command.records / shardsOfVault)),
        });
  const sandbox = await startSandboxProcess({ options: sandboxBehaviour, snowflake: false });
  try {
    await mkdir(dataDirectory);
    const configFile = join(directory, 'config.json');
    const configured = {
      ...configuration(sandbox.vaultUrl, dataDirectory),
      ...(machines === undefined ? {} : { store: machines.store }),
    };
    await writeFile(configFile, `${JSON.stringify(configured, undefined, 2)}\n`);
    const { settings } = loadSettings({ file: configFile, fileWasNamed: true, environment: {} });
    presentation.people(
      `demo: ${formatCount(command.records)} records for each of ${usualVaults.length} vaults, into a sandbox on this machine${count === undefined ? '' : `, by ${count} machines that are processes here`}\n\n`,
    );
    await generate(settings.skyflow.vaults, command.records, dataDirectory, stopping);
    await machines?.begin(configured);
    const pace = {
      ...demoPace,
      run_dir: join(directory, 'runs'),
      // The machines do it all; this process cuts, hands out and watches.
      ...(machines === undefined ? {} : { 'store.lanes': '0' }),
      ...command.settings,
    };
    const killing =
      machines === undefined
        ? new KillMidway({
            vault: 'SSN' satisfies (typeof usualVaults)[number]['name'],
            batchSize: Number(pace['performance.batch_size']),
            view: presentation.view,
          })
        : new KillMachine(machines, presentation.view);
    const summary = await loadAll(
      demoLoad(command, configFile, pace),
      command.keep ? presentation : withoutPlaces(presentation),
      { observers: command.kill ? [killing] : [], isMadeForIt: true },
    );
    if (summary.exit_code !== 0) {
      presentation.document(summary);
      return summary.exit_code;
    }
    const proofs = await Promise.all(
      settings.skyflow.vaults.map((vault) =>
        proveLoad(vault, sandbox.controlUrl, AbortSignal.any([stopping, AbortSignal.timeout(60_000)])),
      ),
    );
    presentation.people(renderProof(proofs, killing.killed, presentation.style));
    presentation.document({ ...summary, proof: proofs });
    return proofs.every(({ holds }) => holds) ? 0 : 1;
  } finally {
    await sandbox.stop();
  }
}

/** The end of a load whose folder is removed: nobody is sent to it. */
function withoutPlaces(presentation: Presentation): Presentation {
  return {
    ...presentation,
    get screen() {
      return { ...presentation.screen, hasPlaces: false };
    },
  };
}

function configuration(vaultUrl: string, dataDirectory: string): object {
  return {
    skyflow: { ...demoVaults(vaultUrl, 'demo'), settle_ms: settleMs },
    csv: { data_directory: dataDirectory },
    performance: { append_suffix: false, max_records: 0 },
  };
}

async function generate(
  vaults: readonly VaultSettings[],
  count: number,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await generateCsvPairs({
    directory,
    count,
    vaults: vaults.map(mockFiles),
    force: false,
    signal,
  });
}

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/**
 * Takes every variable that configures a load, or a way into the network, out of this process: a demo reaches nothing
 * but its own sandbox, whatever the environment is set up for.
 */
function forgetConfiguration(): void {
  const variables = singleSettings.flatMap(({ variable }) => (variable === undefined ? [] : [variable]));
  for (const name of [...variables, ...proxyVariables.flatMap((each) => [each, each.toLowerCase()])]) {
    Reflect.deleteProperty(process.env, name);
  }
}

interface VaultProof {
  readonly name: string;
  readonly records: number;
  readonly recordsInVault: number;
  /** The sandbox holds exactly the pairs of the files: none missing, none doubled, none foreign. */
  readonly holds: boolean;
}

/** Compares the pairs of a vault's files with what the sandbox holds, as multisets, by an order-independent digest. */
async function proveLoad(vault: VaultSettings, controlUrl: string, signal: AbortSignal): Promise<VaultProof> {
  const source = openVaultFiles(vault.name, { files: vault.csv, precount: false });
  const expected = new MultisetDigest();
  const cursor = await source.open(signal);
  try {
    for (let from = 0; ;) {
      const batch = await cursor.read({ start: from, end: Infinity }, 10_000);
      if (batch === undefined) break;
      batch.values.forEach((value, at) => expected.add(value, batch.tokens[at] ?? ''));
      from = batch.end;
    }
  } finally {
    await cursor.close();
  }
  const found = await vaultDigest(controlUrl, vault, signal);
  return {
    name: vault.name,
    records: expected.count,
    recordsInVault: found.count,
    holds: found.count === expected.count && found.digest === expected.hex(),
  };
}

/** The last lines of a demo: what each vault holds, and what came of what was killed. */
export function renderProof(
  proofs: readonly VaultProof[],
  killed: string | undefined,
  style: TextStyle,
): string {
  const symbols = symbolsOf(style);
  const good = paint(style, 'good', symbols.good);
  const lines = proofs.map(({ name, records, recordsInVault, holds }) =>
    holds
      ? `${good} ${name}: the sandbox holds exactly the ${formatCount(records)} pairs of the CSV files`
      : `${paint(style, 'bad', symbols.bad)} ${name}: the sandbox holds ${formatCount(recordsInVault)} records, and not the ${formatCount(records)} pairs of the CSV files`,
  );
  if (killed !== undefined && proofs.every(({ holds }) => holds))
    lines.push(`${good} ${killed} was killed with -9 midway: 0 records lost, 0 doubled`);
  return `\nPROOF (every pair of value and token compared):\n${lines.join('\n')}\n`;
}
