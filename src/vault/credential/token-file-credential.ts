import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { readTrusted } from '../../trust/open-trusted.js';
import { checkToken, type Credential } from './credential.js';
import { SingleFlight } from './single-flight.js';

/** A bearer token in a file that something else keeps fresh: read at the first use and after every 401. */
export class TokenFileCredential implements Credential {
  readonly #reading: SingleFlight<string>;
  #token: string | undefined;

  constructor(file: string) {
    this.#reading = new SingleFlight(async () => {
      this.#token = await readToken(file);
      return this.#token;
    });
  }

  async current(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return this.#token ?? (await this.#reading.run(signal));
  }

  async renew(rejected: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (this.#token !== undefined && this.#token !== rejected) return true;
    return (await this.#reading.run(signal)) !== rejected;
  }
}

async function readToken(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readTrusted(file)).toString();
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw new SuperviseError(
      'config',
      `The bearer token file cannot be read: ${file} (${systemCode(error) ?? 'unreadable'})`,
      { hint: 'Name a readable file that holds the token and nothing else.', cause: error },
    );
  }
  return checkToken(text, `The bearer token in ${file}`);
}
