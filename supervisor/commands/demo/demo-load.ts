import { usualVaults } from '../generate/generate-command.js';
import type { DemoCommand } from './definition.js';
import type { LoadCommand } from '../load/definition.js';
import type { Presentation } from '../../view/present.js';

export interface DemoPlace {
  /** Everything that a demo writes is in it, unless `--run-dir` says otherwise. */
  readonly directory: string;
  readonly presentation: Presentation;
  readonly stopping: AbortSignal;
}

/** The load that a demo runs: the same as a user's, at a pace that fits a sandbox. */
export function demoLoad(
  command: DemoCommand,
  configFile: string,
  settings: LoadCommand['settings'],
): LoadCommand {
  return {
    vaults: undefined,
    maxParallelVaults: undefined,
    precount: true,
    printSql: false,
    dryRun: false,
    checkConflicts: false,
    plan: undefined,
    newRun: false,
    yes: false,
    startOrResume: false,
    useCurrentConfig: false,
    offline: undefined,
    page: undefined,
    metrics: undefined,
    onEvent: undefined,
    heartbeat: undefined,
    log: undefined,
    schedule: { notBefore: undefined, stopAt: undefined, finishBy: undefined },
    json: command.json,
    verbosity: command.verbosity,
    config: { file: configFile, wasNamed: true },
    settings: { ...settings, ...command.settings },
  };
}

/** The section `skyflow`: the four usual vaults, with ids that begin with `prefix`. */
export function demoVaults(vaultUrl: string, prefix: string): { vaults: { name: string; column: string }[] } {
  return {
    ...{ vault_url: vaultUrl, bearer_token: 'demo' },
    vaults: usualVaults.map(({ name, column }) => ({ name, id: `${prefix}-${column}`, column })),
  };
}
