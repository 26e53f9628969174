import { createServer, type IncomingMessage } from 'node:http';
import { listen } from '../../src/system/listen.js';
import { readPageFiles } from './page-files.js';
import { PageUpdates, type PageSource } from './page-updates.js';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { unicodeSymbols as symbols } from '../../src/report/symbols.js';
import { chartSections } from './chart-sections.js';

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

/** The live page before it knows anything; `page.js` fills it. Nothing in it comes from a run. */
const liveHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>skyflow-supervise</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
</head>
<body data-page="live">
<a class="skip" href="#vaults">Skip to the vaults</a>
<header class="top">
<p class="brand">skyflow-supervise</p>
<h1>Run <span id="run" class="mono">${symbols.ellipsis}</span></h1>
<p id="state" class="pill" data-tone="dim">connecting</p>
</header>
<main>
<p id="link" class="banner" role="status" hidden></p>
<p id="said" class="unseen" role="status" aria-live="polite"></p>
<section class="total" aria-labelledby="total-heading">
<h2 id="total-heading" class="unseen">All vaults</h2>
<div class="progress-line"><span id="percent" class="huge">${symbols.none}</span><span id="progress-text" class="soft"></span></div>
<progress id="progress" max="1" value="0" aria-labelledby="total-heading"></progress>
<dl id="tiles" class="tiles"></dl>
<p id="next" class="next" hidden></p>
</section>
<section aria-labelledby="vaults-heading">
<h2 id="vaults-heading">Vaults</h2>
<div id="vaults" class="vaults" tabindex="-1"></div>
<h2 id="machines-heading">Machines</h2>
<ul id="machines" class="machines" aria-labelledby="machines-heading"></ul>
</section>
<section aria-labelledby="charts-heading">
<div class="charts-head">
<h2 id="charts-heading">Over time</h2>
<fieldset id="range" class="choice"><legend class="unseen">Time shown</legend></fieldset>
<fieldset id="chosen" class="choice"><legend class="unseen">Vault shown</legend></fieldset>
</div>
${chartSections}
</section>
<section aria-labelledby="notices-heading">
<h2 id="notices-heading">Said by the run</h2>
<ol id="notices" class="notices"></ol>
<p id="no-notices" class="soft">Nothing yet.</p>
</section>
</main>
<noscript><p class="banner">This page needs JavaScript. Without it: skyflow-supervise monitor</p></noscript>
<script src="/page.js"></script>
</body>
</html>
`;
