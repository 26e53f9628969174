import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { meanLatencyMs, type LatencyProfile } from './latency-profile.js';
import type { BenchTarget, TargetVault } from './load-target.js';
import { cleanEnvironment } from './program.js';
import type { SinkProcess } from './sandbox-process.js';

/** The usual vaults, in the order in which a benchmark of fewer takes them. */
const usualVaults = [
  { name: 'NAME', column: 'name', header: 'full_name' },
  { name: 'ID', column: 'id', header: 'id' },
  { name: 'DOB', column: 'dob', header: 'dob' },
  { name: 'SSN', column: 'ssn', header: 'ssn' },
] as const;

/** How many vaults a sandbox target can have. */
export const mostSandboxVaults = usualVaults.length;

export interface SandboxTargetOptions {
  readonly sandbox: SinkProcess;
  readonly profile: LatencyProfile;
  readonly vaults: number;
  /** Where the configuration file is written. */
  readonly directory: string;
}

/** A target of so many vaults in a sandbox, with a configuration file like a user's. */
export async function sandboxTarget(options: SandboxTargetOptions): Promise<BenchTarget> {
  const { sandbox, profile, directory } = options;
  const chosen = usualVaults.slice(0, options.vaults);
  const vaults = chosen.map(({ name, column, header }): TargetVault => ({
    name,
    id: `bench-${column}`,
    csv: {
      name,
      dataFile: `${column}_data.csv`,
      tokenFile: `${column}_tokens.csv`,
      valueHeader: header,
      tokenHeader: `${header}_token`,
    },
  }));
  const configFile = join(directory, 'config.json');
  const configuration = {
    skyflow: {
      vault_url: sandbox.vaultUrl,
      bearer_token: 'benchmark',
      vaults: chosen.map(({ name, column }) => ({ name, id: `bench-${column}`, column })),
    },
    performance: { append_suffix: false },
  };
  await writeFile(configFile, `${JSON.stringify(configuration, undefined, 2)}\n`, { mode: 0o600 });
  return {
    kind: 'sandbox',
    title: 'embedded sandbox',
    vaults,
    configFile,
    flags: [],
    environment: cleanEnvironment(),
    meanLatencyMs: meanLatencyMs(profile),
    remains: undefined,
  };
}
