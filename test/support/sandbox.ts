import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import * as z from 'zod';
import { mergeAssignments } from '../../src/sandbox/merge-options.js';
import { parseLiveOptions, parseSandboxOptions, type LiveOptions } from '../../src/sandbox/options.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { waitUntil } from './wait-until.js';

const recordSchema = z.object({ value: z.string(), token: z.string() });

/** Longer than a permit is good for in the tests that wait for rest. */
const restMs = 500;

/** A test that failed leaves its sandboxes behind: the file would wait for them until its time is over. */
const open = new Set<{ close(): Promise<void> }>();
after(() => Promise.all([...open].map((sandbox) => sandbox.close())));

/** A sandbox vault in the test's own process, for everybody on the sockets that `skyflow-supervise sandbox` has. */
export interface TestSandbox extends AsyncDisposable {
  readonly url: string;
  /** Where `/sandbox/…` is, with its token. */
  readonly controlUrl: string;
  readonly tlsUrl: string | undefined;
  readonly caFile: string | undefined;
  /** Every `value` TAB `token` of a table, sorted: the multiset that it holds. */
  pairs(vault: string, table: string): Promise<string[]>;
  digest(vault: string, table: string): Promise<{ count: number; digest: string }>;
  /** How many records a table holds. */
  count(vault: string, table: string): Promise<number>;
  stats(): Promise<Record<string, unknown>>;
  /** How many requests were made, once none is on its way and none has come for a while: one that was let go before a pause comes late. */
  requestsAtRest(): Promise<number>;
  /** Changes live options (RFC 7396 merge patch). */
  set(options: object): Promise<void>;
  /** The live options in force; the `next` of each fault is what is left of it. */
  options(): Promise<LiveOptions>;
}

/** Starts one with options as the command line has them (`latency.fixedMs=20`); files go into `folder`. */
export async function startSandbox(
  folder: string,
  assignments: readonly string[] = [],
  { tls = false }: { readonly tls?: boolean } = {},
): Promise<TestSandbox> {
  const fixed = { port: 0, tls, caFile: join(folder, 'sandbox-ca.pem') };
  const started = await startVaultSandbox(parseSandboxOptions(mergeAssignments(fixed, assignments)));
  open.add(started);
  const control = `${started.controlUrl}/sandbox`;
  const get = async (path: string): Promise<unknown> => JSON.parse(await ask(control + path));
  const ofTable = (what: string, vault: string, table: string): string =>
    `/${what}?${new URLSearchParams({ vault, table }).toString()}`;
  const stats = async (): Promise<Record<string, unknown>> =>
    z.record(z.string(), z.unknown()).parse(await get('/stats'));
  return {
    url: started.url,
    controlUrl: started.controlUrl,
    tlsUrl: started.tlsUrl,
    caFile: started.caFile,
    async pairs(vault, table) {
      const listed = await ask(control + ofTable('records', vault, table));
      return listed
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => recordSchema.parse(JSON.parse(row)))
        .map(({ value, token }) => `${value}\t${token}`)
        .sort();
    },
    async digest(vault, table) {
      const digested = await get(ofTable('digest', vault, table));
      return z.object({ count: z.int(), digest: z.string() }).parse(digested);
    },
    async count(vault, table) {
      return z.object({ count: z.int() }).parse(await get(ofTable('count', vault, table))).count;
    },
    stats,
    async requestsAtRest() {
      let requests = -1;
      let sinceMs = 0;
      await waitUntil('no request comes any more', async () => {
        const now = await stats();
        if (now['requests'] !== requests || now['in_flight'] !== 0) sinceMs = performance.now();
        requests = Number(now['requests']);
        return performance.now() - sinceMs > restMs;
      });
      return requests;
    },
    async set(live) {
      await ask(`${control}/faults`, 'PATCH', JSON.stringify(live));
    },
    async options() {
      return parseLiveOptions(await get('/faults'));
    },
    async [Symbol.asyncDispose]() {
      open.delete(started);
      await started.close();
    },
  };
}

/** Shorter than what the sandbox keeps an idle connection for: a question must not meet its end. */
const agent = new Agent({ keepAlive: true, timeout: 1_000 });

/** What the control API answers. Not by `fetch`, which takes three times as much of the machine that the load is to have. */
async function ask(url: string, method = 'GET', body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { method, agent }, (answer) => {
      text(answer).then((said) => {
        if (answer.statusCode === 200) resolve(said);
        else reject(new Error(`sandbox ${url}: ${answer.statusCode} ${said}`));
      }, reject);
    })
      .on('error', reject)
      .end(body);
  });
}
