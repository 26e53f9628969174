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
