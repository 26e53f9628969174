import { join } from 'node:path';
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
  const get = async (path: string): Promise<Response> => {
    const answer = await fetch(`${control}${path}`);
    if (!answer.ok) throw new Error(`sandbox ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const ofTable = (what: string, vault: string, table: string): Promise<Response> =>
    get(`/${what}?${new URLSearchParams({ vault, table }).toString()}`);
  const stats = async (): Promise<Record<string, unknown>> =>
    z.record(z.string(), z.unknown()).parse(await (await get('/stats')).json());
  return {
    url: started.url,
    controlUrl: started.controlUrl,
    tlsUrl: started.tlsUrl,
    caFile: started.caFile,
    async pairs(vault, table) {
      const text = await (await ofTable('records', vault, table)).text();
      return text
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => recordSchema.parse(JSON.parse(row)))
        .map(({ value, token }) => `${value}\t${token}`)
        .sort();
    },
    async digest(vault, table) {
      const answer = await ofTable('digest', vault, table);
      return z.object({ count: z.int(), digest: z.string() }).parse(await answer.json());
    },
    async count(vault, table) {
      return z.object({ count: z.int() }).parse(await (await ofTable('count', vault, table)).json()).count;
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
      const answer = await fetch(`${control}/faults`, { method: 'PATCH', body: JSON.stringify(live) });
      if (!answer.ok) throw new Error(`sandbox options refused: ${await answer.text()}`);
    },
    async options() {
      return parseLiveOptions(await (await get('/faults')).json());
    },
    async [Symbol.asyncDispose]() {
      open.delete(started);
      await started.close();
    },
  };
}
