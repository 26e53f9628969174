import {
  loadConfiguration,
  type LoadedConfiguration,
  type LoadRequest,
} from '../../src/config/load-configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { terminalAsker, type Asker } from './asker.js';

/**
 * The configuration of a load, asking on a terminal for what is still missing. Throws what `loadConfiguration` throws,
 * and `interrupted` when a question is declined: nothing has been started then.
 */
export async function loadWithPrompts(
  request: LoadRequest,
  asker: Asker = terminalAsker,
): Promise<LoadedConfiguration> {
  if (!asker.canAsk()) return loadConfiguration(request);
  const loaded = loadConfiguration({ ...request, isTerminal: true });
  if (loaded.missingSecrets.length === 0) return loaded;
  const answers: Record<string, string> = {};
  for (const { key, question, secret } of loaded.missingSecrets) {
    const answer = await (secret ? asker.secret(`${question}:`) : asker.text(`${question}:`));
    if (answer === undefined)
      throw new SuperviseError('interrupted', `no ${question} was given; nothing was started`);
    answers[key] = answer;
  }
  return loadConfiguration({ ...request, answers });
}
