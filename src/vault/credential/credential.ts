import { SuperviseError } from '../../errors/supervise-error.js';

/**
 * What authorises requests. Both methods reject with the reason of an aborted signal, or with a SuperviseError:
 * `unavailable` when trying again may help (nobody answered), `unauthorized` or `config` when it will not.
 */
export interface Credential {
  /** The bearer token to send now; waits for a renewal that is due. */
  current(signal: AbortSignal): Promise<string>;
  /**
   * Called with a token that the vault has answered with 401: true when `current` gives another one afterwards.
   * However many ask at a time, there is one renewal.
   */
  renew(rejected: string, signal: AbortSignal): Promise<boolean>;
}

/** Gives another secret than the one that is refused; undefined where there is none. */
export type SecretAnew = (refused: string, signal: AbortSignal) => Promise<string | undefined>;

/** A token that somebody entered: a personal bearer token or an API key. It changes by `replace`, and where it can be had anew. */
export class StaticCredential implements Credential {
  readonly #anew: SecretAnew | undefined;
  #token: string;

  constructor(token: string, anew?: SecretAnew) {
    this.#anew = anew;
    this.#token = checkToken(token, 'The bearer token');
  }

  current(signal: AbortSignal): Promise<string> {
    return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve(this.#token);
  }

  async renew(rejected: string, signal: AbortSignal): Promise<boolean> {
    if ((await this.current(signal)) !== rejected) return true;
    const token = await this.#anew?.(rejected, signal);
    if (token !== undefined) this.replace(token);
    return (await this.current(signal)) !== rejected;
  }

  /** Requests that begin from now on carry this token. */
  replace(token: string): void {
    this.#token = checkToken(token, 'The bearer token');
  }
}

/**
 * A token as it may stand in a header, without the white space around it and without a `Bearer ` in front.
 * Throws a SuperviseError `config` that describes a wrong one by its length.
 */
export function checkToken(text: string, what: string): string {
  const token = text.trim().replace(/^bearer\s+/i, '');
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const finding =
    token === ''
      ? 'is empty'
      : `holds characters that no token has (${token.length} characters, white space or not ASCII)`;
  throw new SuperviseError('config', `${what} ${finding}`, {
    hint: 'Give the token itself, on one line.',
  });
}
