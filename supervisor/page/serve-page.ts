import { createServer, type IncomingMessage } from 'node:http';
import { listen } from '../../src/system/listen.js';
import { liveHtml } from './live-html.js';
import { readPageFiles } from './page-files.js';
import { PageUpdates, type PageSource } from './page-updates.js';
import { randomBytes, timingSafeEqual } from 'node:crypto';

export interface PageServer {
  /** For one browser, once: `http://127.0.0.1:41234/?key=…`. It goes to a person's screen and into no file. */
  readonly url: string;
  /** Tells every open page how things stand now, which then keeps it, and stops serving. */
  close(): Promise<void>;
}

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Serves the page of a run on loopback, to whoever has its key. Throws `usage` when the port cannot be had. */
export async function servePage(port: number, source: PageSource): Promise<PageServer> {
  const files = await readPageFiles();
  const access = new PageAccess();
  const updates = new PageUpdates(source);
  const server = createServer((request, response) => {
    void reply(request)
      .catch((): Reply => ({ status: 500, text: '' }))
      .then(({ status, text, type = 'text/plain', more = {} }) => {
        const all = { ...headers, 'content-type': `${type}; charset=utf-8`, ...more };
        response.writeHead(status, all).end(request.method === 'HEAD' ? undefined : text);
      });
  });
  const listening = await listen(
    server,
    { host: '127.0.0.1', port },
    {
      what: `the page cannot be served on port ${port}`,
      hint: 'Name another port, or none: --web takes any free one. Nothing was started.',
    },
  );
  const { port: actual } = listening;

  async function reply(request: IncomingMessage): Promise<Reply> {
    if (!isOwnHost(request.headers.host, actual)) return refused('This Host is none of this server.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, text: 'Nothing can be changed here.\n' };
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const isAdmitted = access.admits(request, actual);
    const key = pathname === '/' ? searchParams.get('key') : null;
    if (key !== null) {
      const cookie = access.exchange(key, actual);
      if (cookie === undefined && !isAdmitted)
        return refused(`This address was used before, or is wrong. ${another}`);
      // So that the key stands in no history.
      const more = { location: '/', ...(cookie === undefined ? {} : { 'set-cookie': cookie }) };
      return { status: 303, text: '', more };
    }
    if (!isAdmitted) return refused(`This page is for the browser that opened its address first. ${another}`);
    switch (pathname) {
      case '/':
        return { status: 200, type: 'text/html', text: liveHtml };
      case '/page.js':
        return { status: 200, type: 'text/javascript', text: files.script };
      case '/page.css':
        return { status: 200, type: 'text/css', text: files.style };
      case '/updates':
        return { status: 200, type: 'application/json', text: await updates.next(searchParams) };
      default:
        return { status: 404, text: 'There is nothing here.\n' };
    }
  }

  return {
    url: `http://127.0.0.1:${actual}/?key=${access.key}`,
    close: async () => {
      await updates.close();
      await listening.close();
    },
  };
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
  readonly more?: Readonly<Record<string, string>>;
}

const refused = (text: string): Reply => ({ status: 403, text: `${text}\n` });

const another = 'For another browser: skyflow-supervise monitor --web';

/**
 * Who may see the page: the browser that opens the printed address first. Its key counts once, and is exchanged for a
 * cookie; whoever reads the address later has nothing of it.
 */
class PageAccess {
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
function isOwnHost(header: string | undefined, port: number): boolean {
  return header === `127.0.0.1:${port}` || header === `localhost:${port}`;
}

/** Cookies do not tell ports apart. */
const nameOf = (port: number): string => `skyflow_supervise_${port}`;

const newSecret = (): string => randomBytes(32).toString('base64url');

function isSame(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}
