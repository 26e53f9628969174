import type { Settings } from '../../../src/config/configuration.js';
import { missingAsProblem, missingSetting } from '../../../src/config/check-completeness.js';
import { ConfigurationError } from '../../../src/config/configuration-error.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { missingLogin } from '../../../src/source/snowflake/missing-login.js';
import { terminalAsker, type Asker } from '../../ask/asker.js';

type Snowflake = Settings['snowflake'];

/** The settings with what was missing to log in, asked for on a terminal; a ConfigurationError where nobody can be asked. */
export async function withSnowflakeLogin(
  snowflake: Snowflake,
  asker: Asker = terminalAsker,
): Promise<Snowflake> {
  const missing = missingLogin({
    authenticator: snowflake.authenticator,
    keyPath: snowflake.private_key_path,
    workingDirectory: process.cwd(),
    has: (name) => snowflake[name] !== undefined,
  }).map(missingSetting);
  if (missing.length === 0) return snowflake;
  if (!asker.canAsk()) throw new ConfigurationError(missing.map(missingAsProblem));
  const answers: Record<string, string> = {};
  for (const { key, question, secret } of missing) {
    const answer = await (secret ? asker.secret(`${question}:`) : asker.text(`${question}:`));
    if (answer === undefined)
      throw new SuperviseError('interrupted', `no ${question} was given; nothing was started`);
    answers[key.replace('snowflake.', '')] = answer;
  }
  return { ...snowflake, ...answers };
}
