import { runSecretCommand } from '../secrets/run-secret-command.js';
import type { SecretCommand } from '../../src/config/find-secret-commands.js';
import {
  findCommands,
  loadConfiguration,
  type LoadedConfiguration,
  type LoadRequest,
} from '../../src/config/load-configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { terminalAsker, type Asker } from './asker.js';
import { confirmMoved } from './confirm-moved.js';
import type { RunRecord } from '../../src/run-record/run-record.js';
import { settingsRequest } from '../command-line/configured.js';
import type { Configured, FlagSettings } from '../command-line/shared-options.js';

export interface PromptedRequest extends LoadRequest {
  /** Where today's configuration goes elsewhere than the run that is gone on with, it is right. */
  readonly useCurrentConfig?: boolean;
}

/**
 * The configuration of a load, asking on a terminal for what is still missing, and whether another place than that of
 * the run that is gone on with is meant. Throws what `loadConfiguration` throws,
 * and `interrupted` when a question is declined: nothing has been started then.
 */
export async function loadWithPrompts(
  { useCurrentConfig = false, ...request }: PromptedRequest,
  asker: Asker = terminalAsker,
): Promise<LoadedConfiguration> {
  const outputs = await runAll(findCommands(request));
  const loaded = loadConfiguration({ ...request, outputs, isTerminal: asker.canAsk() });
  if (!useCurrentConfig) await confirmMoved(loaded.moved, asker);
  if (loaded.missingSecrets.length === 0) return loaded;
  const answers: Record<string, string> = {};
  for (const { key, question, secret } of loaded.missingSecrets) {
    const answer = await (secret ? asker.secret(`${question}:`) : asker.text(`${question}:`));
    if (answer === undefined)
      throw new SuperviseError('interrupted', `no ${question} was given; nothing was started`);
    answers[key] = answer;
  }
  return loadConfiguration({ ...request, outputs, answers });
}

/** One after the other: two that ask for the same password or touch disturb each other. */
async function runAll(commands: readonly SecretCommand[]): Promise<NonNullable<LoadRequest['outputs']>> {
  const outputs: Record<string, { text: string; origin: string }> = {};
  for (const command of commands) {
    outputs[command.key] = { text: await runSecretCommand(command), origin: command.origin };
  }
  return outputs;
}

/**
 * The configuration with which something is done about a run: as the run recorded it, where nothing else is said now.
 * Throws what `loadWithPrompts` throws.
 */
export function loadForRun(
  command: Configured & { readonly useCurrentConfig: boolean },
  record: RunRecord,
  {
    flags = command.settings,
    readsSource = true,
    asker,
  }: {
    readonly flags?: FlagSettings;
    /** False: no source is read. */
    readonly readsSource?: boolean;
    readonly asker?: Asker;
  } = {},
): Promise<LoadedConfiguration> {
  const { config, useCurrentConfig } = command;
  return loadWithPrompts(
    {
      ...settingsRequest(command),
      ...(config.wasNamed || record.config_file === undefined ? {} : { file: record.config_file }),
      flags,
      recorded: record.sessions.at(-1)?.settings,
      workingDirectory: record.working_directory,
      useCurrentConfig,
      readsSource,
    },
    asker,
  );
}
