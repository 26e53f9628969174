import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { z } from 'zod';
import { parseLiveOptions, type LiveOptions } from '../../src/sandbox/options.js';
import { startProgram } from './program.js';

const startedSchema = z.object({
  vault_url: z.string(),
  tls_url: z.string().nullable(),
  ca_file: z.string().nullable(),
  control_url: z.string(),
});
const recordSchema = z.object({ value: z.string(), token: z.string() });

/** A sandbox vault in a process of its own, as `skyflow-supervise sandbox` starts it. */
export interface TestSandbox extends AsyncDisposable {
  readonly url: string;
  readonly tlsUrl: string | undefined;
  readonly caFile: string | undefined;
  /** Every `value` TAB `token` of a table, sorted: the multiset that it holds. */
  pairs(vault: string, table: string): Promise<string[]>;
  digest(vault: string, table: string): Promise<{ count: number; digest: string }>;
  stats(): Promise<Record<string, unknown>>;
  /** Changes live options (RFC 7396 merge patch). */
  set(options: object): Promise<void>;
  /** The live options in force; the `next` of each fault is what is left of it. */
  options(): Promise<LiveOptions>;
}

export async function startSandbox(
  cwd: string,
  options: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<TestSandbox> {
  const argv = ['sandbox', '--port', '0', ...flags, ...options.flatMap((option) => ['--option', option])];
  const running = startProgram(argv, { cwd });
  const lines = createInterface({ input: running.child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    running.ended.then(({ stderr }) => Promise.reject(new Error(`the sandbox did not start: ${stderr}`))),
  ])) as [string];
  const started = startedSchema.parse(JSON.parse(line));
  const control = `${started.control_url}/sandbox`;
  const get = async (path: string): Promise<Response> => {
    const answer = await fetch(`${control}${path}`);
    if (!answer.ok) throw new Error(`sandbox ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  return {
    url: started.vault_url,
    tlsUrl: started.tls_url ?? undefined,
    caFile: started.ca_file ?? undefined,
    async pairs(vault, table) {
      const text = await (await get(`/records?${new URLSearchParams({ vault, table }).toString()}`)).text();
      return text
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => recordSchema.parse(JSON.parse(row)))
        .map(({ value, token }) => `${value}\t${token}`)
        .sort();
    },
    async digest(vault, table) {
      const answer = await get(`/digest?${new URLSearchParams({ vault, table }).toString()}`);
      return z.object({ count: z.int(), digest: z.string() }).parse(await answer.json());
    },
    async stats() {
      return z.record(z.string(), z.unknown()).parse(await (await get('/stats')).json());
    },
    async set(live) {
      const answer = await fetch(`${control}/faults`, { method: 'PATCH', body: JSON.stringify(live) });
      if (!answer.ok) throw new Error(`sandbox options refused: ${await answer.text()}`);
    },
    async options() {
      return parseLiveOptions(await (await get('/faults')).json());
    },
    async [Symbol.asyncDispose]() {
      running.child.kill('SIGTERM');
      await running.ended;
    },
  };
}
