import { readdirSync } from 'node:fs';
import { reuseChildren } from '../hosted-children.js';
import type { ProgramEnd } from '../program.js';

/**
 * The built program again and again: each message on the channel is one run, with words, folder and environment of its
 * own; what it wrote and its exit status go back. Its children are processes of their own, that have been children before.
 */
export interface HostedRun {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its outputs are terminals so wide, which cannot move their cursor; absent: pipes. */
  readonly columns?: number | undefined;
  /** When it says what it has written so far, and is given up. */
  readonly limitMs: number;
}

export type HostedEnd = ProgramEnd | { readonly late: string };

// Before the bundle is loaded, which would keep the function that it finds.
reuseChildren();

// The bundle that `main.js` loads when it has looked at Node and the limits of the machine.
const chunks = new URL('../../../chunks/supervisor/', import.meta.url);
const bundle = readdirSync(chunks).find((name) => /^run-command-.*\.js$/.test(name)) ?? '';
const { runCommand } = (await import(new URL(bundle, chunks).href)) as { runCommand: () => Promise<void> };

let written = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'] as const) {
  const stream = process[name];
  // Each run listens for errors of its streams, and is followed by others.
  stream.setMaxListeners(0);
  stream.write = (text: string | Uint8Array, ...rest: unknown[]) => {
    written[name] += String(text);
    const done = rest.find((each): each is () => void => typeof each === 'function');
    if (done !== undefined) process.nextTick(done);
    return true;
  };
}
process.setMaxListeners(0);

async function runOnce({ argv, cwd, env, limitMs, columns }: HostedRun): Promise<void> {
  written = { stdout: '', stderr: '' };
  process.chdir(cwd);
  process.env = { ...env, ...(columns === undefined ? {} : { TERM: 'dumb' }) };
  for (const stream of [process.stdout, process.stderr])
    Object.assign(stream, columns === undefined ? { isTTY: false } : { isTTY: true, columns });
  process.argv = [...process.argv.slice(0, 2), ...argv];
  process.exitCode = 0;
  const limit = setTimeout(() => tell({ late: written.stdout + written.stderr }), limitMs);
  await runCommand();
  clearTimeout(limit);
  tell({ status: process.exitCode, signal: null, ...written });
}

function tell(end: HostedEnd): void {
  process.send?.(end);
}

process.on('message', (run: HostedRun) => void runOnce(run));
