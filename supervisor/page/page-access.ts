import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Who may see the page: the browser that opens the printed address first. Its key counts once, and is exchanged for a
 * cookie; whoever reads the address later has nothing of it.
 */
export class PageAccess {
  readonly key = newSecret();
  readonly #cookie = newSecret();
  #isUsed = false;

  /** What a browser is to send from now on, for the right key; undefined for any other, and from the second time on. */
  exchange(key: string, port: number): string | undefined {
    if (this.#isUsed || !isSame(key, this.key)) return undefined;
    this.#isUsed = true;
    return `${nameOf(port)}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`;
  }

  admits({ headers: { cookie = '' } }: Pick<IncomingMessage, 'headers'>, port: number): boolean {
    const [, given = ''] = new RegExp(`(?:^|; )${nameOf(port)}=([^;]*)`).exec(cookie) ?? [];
    return isSame(given, this.#cookie);
  }
}

/** Only by these names: a page of somebody else whose name leads here has another one. */
export function isOwnHost(header: string | undefined, port: number): boolean {
  return header === `127.0.0.1:${port}` || header === `localhost:${port}`;
}

/** Cookies do not tell ports apart. */
const nameOf = (port: number): string => `skyflow_supervise_${port}`;

const newSecret = (): string => randomBytes(32).toString('base64url');

function isSame(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}
