import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The first message of a run: what a process has of its own from its beginning. */
export interface ChildStart {
  readonly hostedStart: { readonly cwd: string; readonly env: Readonly<Record<string, string>> };
}

/** After a run, in place of the end of the process. */
export interface ChildEnd {
  readonly hostedEnd: { readonly exitCode: number };
}

/**
 * The program of a child again and again: from a start to the call that would end the process. It is a process all the
 * same, that can be killed, stopped and orphaned; whatever is left of a run ends it as it would have ended then.
 */
const chunks = new URL('../../../chunks/child/', import.meta.url);
const bundle = readdirSync(chunks).find((name) => /^run-child-.*\.js$/.test(name)) ?? '';
process.on('SIGUSR1', () => undefined);
process.on('SIGINT', () => undefined);
const { runChild } = (await import(new URL(bundle, chunks).href)) as { runChild: () => Promise<void> };

const endProcess = process.exit.bind(process);
const ofTheHost = ['message', 'disconnect', 'SIGTERM', 'SIGHUP', 'exit'] as const;
let isRunning = false;

process.disconnect = () => undefined;
process.on('message', (message: Partial<ChildStart>) => {
  if (message.hostedStart === undefined) return;
  const { cwd, env } = message.hostedStart;
  isRunning = true;
  process.chdir(cwd);
  process.env = { ...env };
  void runChild();
});
process.on('disconnect', () => {
  if (!isRunning) endProcess();
});
const before = new Map(ofTheHost.map((event) => [event, process.listeners(event as 'disconnect')]));

process.exit = (code?: number | string | null): never => {
  void afterRun(Number(code ?? process.exitCode ?? 0));
  return undefined as never;
};

async function afterRun(exitCode: number): Promise<void> {
  // What was closed a moment ago is gone a few turns later.
  for (let turn = 0; turn < 20 && !isQuiet(); turn += 1) await nextTurn();
  if (!isQuiet() || !process.connected) endProcess(exitCode);
  for (const [event, listeners] of before)
    for (const listener of process.listeners(event as 'disconnect'))
      if (!listeners.includes(listener)) process.off(event, listener);
  process.title = 'a child of tests that waits';
  isRunning = false;
  process.send?.({ hostedEnd: { exitCode } } satisfies ChildEnd);
}

/** Nothing is left to do but to listen to the channel. */
function isQuiet(): boolean {
  return process.getActiveResourcesInfo().every((name) => name === 'PipeWrap' || name === 'Immediate');
}
