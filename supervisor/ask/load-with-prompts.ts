import {
  loadConfiguration,
  type LoadedConfiguration,
  type LoadRequest,
} from '../../src/config/load-configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { askText } from './ask-person.js';
import { askSecret, canAsk } from './ask-secret.js';

/**
 * The configuration of a load, asking on a terminal for what is still missing. Throws what `loadConfiguration` throws,
 * and `interrupted` when a question is declined: nothing has been started then.
 */
export async function loadWithPrompts(request: LoadRequest): Promise<LoadedConfiguration> {
  if (!canAsk()) return loadConfiguration(request);
  const loaded = loadConfiguration({ ...request, isTerminal: true });
  if (loaded.missingSecrets.length === 0) return loaded;
  const answers: Record<string, string> = {};
  for (const { key, question, secret } of loaded.missingSecrets) {
    const answer = secret ? await askSecret(`${question}:`) : await askText({ question: `${question}:` });
    if (answer === undefined || answer === '')
      throw new SuperviseError('interrupted', `no ${question} was given; nothing was started`);
    answers[key] = answer;
  }
  return loadConfiguration({ ...request, answers });
}
