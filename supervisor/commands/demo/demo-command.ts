import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../../src/config/load-configuration.js';
import type { VaultSettings } from '../../../src/config/configuration.js';
import { generateCsvPairs } from '../../../src/generate/generate-csv-pairs.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { paint, symbolsOf } from '../../../src/report/text-style.js';
import type { DemoCommand } from './definition.js';
import { usualVaults } from '../generate/generate-command.js';
import { load } from '../load/load-command.js';
import { present, type Presentation } from '../../view/present.js';
import { StopSignals } from '../../process/stop-signals.js';
import { demoLoad, demoVaults } from './demo-load.js';
import { forgetConfiguration } from './forget-configuration.js';
import { proveLoad, type VaultProof } from './prove-load.js';
import { startSandboxProcess } from './sandbox-process.js';
import { snowflakeDemo } from './snowflake-demo.js';

/** About what a vault across the internet does. */
const sandboxBehaviour = { 'latency.p50Ms': '450', 'latency.p99Ms': '1200', 'latency.fixedMs': '100' };
/** Small enough for a quarter of a minute at that latency. */
const demoPace = { 'performance.batch_size': '100', 'performance.max_concurrency': '8' };

/**
 * `demo`: the main job with no account. Generates data, loads it into a sandbox in a process of its own with the very
 * same load that a real vault gets, then compares what the sandbox holds with the data.
 */
export async function demoCommand(command: DemoCommand): Promise<number> {
  forgetConfiguration();
  const directory = await mkdtemp(join(tmpdir(), 'skyflow-supervise-demo-'));
  return demos[command.source](command, directory);
}

const demos = { csv: csvDemo, snowflake: snowflakeDemo } as const;

async function csvDemo(command: DemoCommand, directory: string): Promise<number> {
  const presentation = present(command);
  const dataDirectory = join(directory, 'data');
  const signals = new StopSignals();
  const sandbox = await startSandboxProcess({ options: sandboxBehaviour, snowflake: false });
  try {
    await mkdir(dataDirectory);
    const configFile = join(directory, 'config.json');
    await writeFile(
      configFile,
      `${JSON.stringify(configuration(sandbox.vaultUrl, dataDirectory), undefined, 2)}\n`,
    );
    const { settings } = loadSettings({ file: configFile, fileWasNamed: true, environment: {} });
    presentation.people(
      `demo: ${formatCount(command.records)} records for each of ${usualVaults.length} vaults, into a sandbox on this machine\n\n`,
    );
    await generate(settings.skyflow.vaults, command.records, dataDirectory, signals.stopping);
    signals.close();
    const pace = { ...demoPace, run_dir: join(directory, 'runs') };
    const summary = await load(demoLoad(command, configFile, pace), presentation);
    if (summary.exit_code !== 0) {
      presentation.document(summary);
      return summary.exit_code;
    }
    const proofs = await Promise.all(
      settings.skyflow.vaults.map((vault) =>
        proveLoad(vault, sandbox.controlUrl, AbortSignal.timeout(60_000)),
      ),
    );
    presentation.people(renderProofs(proofs, presentation));
    presentation.document({ ...summary, proof: proofs });
    return proofs.every(({ holds }) => holds) ? 0 : 1;
  } finally {
    signals.close();
    await sandbox.stop();
    if (!command.keep) await rm(dataDirectory, { recursive: true, force: true });
  }
}

function configuration(vaultUrl: string, dataDirectory: string): object {
  return {
    skyflow: demoVaults(vaultUrl, 'demo'),
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
    vaults: vaults.map(({ name, csv }) => ({
      name,
      dataFile: csv.data_file,
      tokenFile: csv.token_file,
      valueHeader: csv.value_header,
      tokenHeader: csv.token_header,
    })),
    force: false,
    signal,
  });
}

function renderProofs(proofs: readonly VaultProof[], { style }: Presentation): string {
  const symbols = symbolsOf(style);
  const lines = proofs.map(({ name, records, recordsInVault, holds }) =>
    holds
      ? `${paint(style, 'good', symbols.good)} ${name}: the sandbox holds exactly the ${formatCount(records)} pairs of the CSV files`
      : `${paint(style, 'bad', symbols.bad)} ${name}: the sandbox holds ${formatCount(recordsInVault)} records, and not the ${formatCount(records)} pairs of the CSV files`,
  );
  return `\nPROOF (multisets of value and token compared):\n${lines.join('\n')}\n`;
}
