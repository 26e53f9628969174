import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { HostedEnd, HostedRun } from './processes/program-host.js';
import type { ProgramEnd } from './program.js';
import { programLimitMs, within } from './wait-until.js';

const hostFile = fileURLToPath(new URL('processes/program-host.js', import.meta.url));

/** Of a run that a signal has ended: the process would end by the signal a moment later. */
const interrupted: ReadonlySet<unknown> = new Set([129, 130, 131, 143]);

/** For a run that is too long to say what it has written, if it still can. */
const sayingMs = 5_000;

/** What is read before the program is. */
const isOfNode = (name: string): boolean => name === 'TZ' || /^NODE_(?!TLS_)/.test(name);

let idle: Host | undefined;
let busy: Host | undefined;
after(async () => {
  await idle?.[Symbol.asyncDispose]();
  await busy?.[Symbol.asyncDispose]();
});

/**
 * The built program from its arguments to its exit status, in a process beside the test that has run others before: most
 * of what a test costs is starting programs. Undefined when that process is at work, or could not tell: start another.
 */
export async function runHosted(run: Omit<HostedRun, 'limitMs'>): Promise<ProgramEnd | undefined> {
  if (busy !== undefined || Object.keys(run.env).some(isOfNode)) return undefined;
  const host = idle ?? new Host();
  idle = undefined;
  busy = host;
  try {
    const end = await host.run(run);
    if (!interrupted.has(end.status)) idle = host;
    return end;
  } finally {
    busy = undefined;
    if (idle !== host) await host[Symbol.asyncDispose]();
  }
}

class Host implements AsyncDisposable {
  readonly #process = fork(hostFile, [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
    env: {},
  });
  readonly #ended = once(this.#process, 'exit');

  async run(run: Omit<HostedRun, 'limitMs'>): Promise<ProgramEnd> {
    this.#process.ref();
    this.#process.channel?.ref();
    const answered = new Promise<HostedEnd>((resolve, reject) => {
      this.#process.once('message', resolve);
      void this.#ended.then(() => reject(new Error(`the program ended: ${run.argv.join(' ')}`)));
    });
    this.#process.send({ ...run, limitMs: programLimitMs } satisfies HostedRun);
    const end = await within(programLimitMs + sayingMs, answered, () => `the end of ${run.argv.join(' ')}`);
    if ('late' in end)
      throw new Error(
        `not within ${programLimitMs / 1000} s: the end of ${run.argv.join(' ')}, which has written:\n${end.late}`,
      );
    // Until the next run nobody waits for it.
    this.#process.unref();
    this.#process.channel?.unref();
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.ref();
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
