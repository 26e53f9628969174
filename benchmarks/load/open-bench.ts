import type { ScriptContext, ScriptOption } from '../command-line/script.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { confirmTarget, vaultTarget } from '../target/vault-target.js';
import type { LatencyProfile } from '../target/latency-profile.js';
import type { BenchTarget } from '../target/load-target.js';
import { startSandbox, type SinkProcess } from '../target/sandbox-process.js';
import { mostSandboxVaults, sandboxTarget } from '../target/sandbox-target.js';
import { measureLoad, type LoadMeasurement } from './measure-load.js';
import { BenchmarkWorkspace } from './workspace.js';

/** The flags of every benchmark that can also measure a real vault. */
export const targetOptions: readonly ScriptOption[] = [
  {
    name: '--target',
    placeholder: 'CONFIG',
    description:
      'Measure the vaults of this configuration file instead of the sandbox, after asking. Only vaults with allow_destructive: true; the records stay there until you delete them.',
  },
  { name: '--vault', placeholder: 'NAME,...', description: 'Which vaults of CONFIG (default: all).' },
  { name: '--yes', description: 'Load the vaults of CONFIG without asking.' },
];

/** What a benchmark intends, so that it can be said before anything is sent. */
export interface BenchIntent {
  /** Absent: the sandbox. */
  readonly configFile: string | undefined;
  readonly vaultNames: readonly string[] | undefined;
  readonly sandbox: {
    readonly profile: LatencyProfile;
    readonly vaults: number;
    /** What plays the vault; absent: the sandbox itself. */
    readonly start?: (profile: LatencyProfile) => Promise<SinkProcess>;
  };
  /** The largest load, in records for each vault. */
  readonly mostRecords: number;
  readonly loads: number;
  /** In all loads, for each vault. */
  readonly recordsPerVault: number;
}

/** What one load of a benchmark is. */
export interface BenchLoad {
  readonly concurrency: number;
  readonly batchSize: number;
  readonly records: number;
  readonly program?: string;
}

/** Sandbox or vaults, generated records, and loads into them; everything it started or wrote goes with it. */
export class Bench implements AsyncDisposable {
  readonly target: BenchTarget;
  /** Undefined when a real vault is measured. */
  readonly sandbox: SinkProcess | undefined;
  readonly #workspace: BenchmarkWorkspace;
  readonly #context: ScriptContext;

  constructor(
    context: ScriptContext,
    parts: { target: BenchTarget; sandbox: SinkProcess | undefined; workspace: BenchmarkWorkspace },
  ) {
    this.#context = context;
    this.target = parts.target;
    this.sandbox = parts.sandbox;
    this.#workspace = parts.workspace;
  }

  /** Measures one load; throws when it was stopped. */
  async load(load: BenchLoad): Promise<LoadMeasurement> {
    await this.sandbox?.reset();
    const { stop } = this.#context;
    return measureLoad({ ...load, target: this.target, workspace: this.#workspace, stop });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox?.[Symbol.asyncDispose]();
    await this.#workspace[Symbol.asyncDispose]();
    if (this.target.remains !== undefined) this.#context.progress(this.target.remains);
  }
}

/**
 * Starts a sandbox, or has the use of real vaults confirmed, and generates the records. Throws `usage` or `config`
 * before anything is sent when that may not be.
 */
export async function openBench(context: ScriptContext, intent: BenchIntent): Promise<Bench> {
  const { stop, progress, values } = context;
  const workspace = await BenchmarkWorkspace.create();
  let sandbox: SinkProcess | undefined;
  try {
    let target: BenchTarget;
    if (intent.configFile === undefined) {
      sandbox = await (intent.sandbox.start ?? startSandbox)(intent.sandbox.profile);
      target = await sandboxTarget({ sandbox, ...intent.sandbox, directory: workspace.directory });
    } else {
      const { loads, recordsPerVault } = intent;
      const real = vaultTarget({
        file: intent.configFile,
        vaults: intent.vaultNames,
        dataDirectory: workspace.dataDirectory,
      });
      const yes = values.on('--yes');
      await confirmTarget({ target: real, loads, recordsPerVault, yes, progress, signal: stop.stopping });
      target = real;
    }
    progress(`target: ${target.title}`);
    progress(
      `generating ${formatCount(intent.mostRecords)} records for each of ${target.vaults.length} vault(s)`,
    );
    await workspace.fill(target.vaults, intent.mostRecords, stop.stopping);
    return new Bench(context, { target, sandbox, workspace });
  } catch (error) {
    await sandbox?.[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
    throw error;
  }
}

/** `--vaults`: how many the sandbox has; it says nothing for a real target. */
export function readVaultCount({ values }: ScriptContext, initial: number): number {
  const count = values.wholeNumber('--vaults', 1, mostSandboxVaults);
  if (count !== undefined && values.text('--target') !== undefined) {
    throw new SuperviseError('usage', '--vaults is for the sandbox; choose vaults of --target with --vault');
  }
  return count ?? initial;
}
