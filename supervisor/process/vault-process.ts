import { join } from 'node:path';
import { execa } from 'execa';
import {
  fromChildSchema,
  parseMessage,
  type FromChild,
  type ToChild,
  type VaultJob,
} from '../../src/protocol/messages.js';
import type { RenewableSecret } from '../../src/config/renewable-secrets.js';
import type { Rates } from '../../src/rates/rates.js';
import { nodeOptions } from '../../src/system/node-options.js';
import { readerOf } from '../../src/source/source-kinds.js';
import { packageFolder, productVersion } from '../../src/product/product.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { childEnvironment } from './child-environment.js';
import { SilenceWatch } from './silence-watch.js';

const childProgram = join(packageFolder, 'dist/child/main.js');

export type ChildResult = Extract<FromChild, { type: 'result' }>;

/** How a child process came to its end; it is reaped in every case. */
export type ProcessEnd =
  | { readonly kind: 'result'; readonly result: ChildResult }
  | {
      readonly kind: 'died';
      readonly pid: number | undefined;
      readonly exitCode: number | undefined;
      readonly signal: string | undefined;
      /** Why the supervisor ended it, if it did. */
      readonly endedFor: SuperviseError | undefined;
      readonly outOfMemory: boolean;
    };

export interface VaultProcessOptions {
  readonly job: VaultJob;
  /** Silence after which the child is taken for hung. */
  readonly heartbeatMs: number;
  readonly onMessage: (message: Exclude<FromChild, { type: 'result' | 'held' }>) => void;
}

/** A process that is merely starting on a busy machine is not hung. */
const startGraceMs = 30_000;
/** What a child may take from its result to its end. */
const endGraceMs = 5_000;

/**
 * The child process of one vault, from fork to reaping. The job is its first message; nothing secret is in its
 * arguments or environment. A child that is silent past the heartbeat limit, or sends what is no message of the
 * protocol, is killed.
 */
export class VaultProcess {
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ReturnType<typeof fork>;
  #endedFor: SuperviseError | undefined;
  #result: ChildResult | undefined;
  #outOfMemory = false;
  readonly #silence: SilenceWatch;
  #overdue: NodeJS.Timeout | undefined;
  readonly #onHeld: (() => void)[] = [];
  readonly #options: VaultProcessOptions;

  constructor(options: VaultProcessOptions) {
    this.#options = options;
    const { source } = options.job;
    const flags = nodeOptions(readerOf(source).heapLimitMb?.(source));
    this.#child = takeAhead(flags) ?? fork(flags);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      // Only this much is taken from a child's stderr: V8 and Node may quote memory there.
      if (chunk.includes('heap out of memory')) this.#outOfMemory = true;
    });
    const { vault } = options.job;
    this.#silence = new SilenceWatch({
      onSilence: (silentMs) =>
        this.kill(
          new SuperviseError('crashed', `vault ${vault.name}: the child was silent for ${silentMs / 1000} s`),
        ),
    });
    this.#silence.heard(Math.max(options.heartbeatMs, startGraceMs));
    void this.#listen();
    this.#send({ type: 'job', version: productVersion, job: options.job });
    this.ended = this.#reap();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks for an orderly end; what is on its way may take `drainMs`. */
  stop(drainMs: number): void {
    this.#send({ type: 'stop', drainMs });
  }

  /** Answers `unauthorized`; undefined: nobody can give another token. */
  answerToken(token: string | undefined): void {
    this.#send({ type: 'token', ...(token === undefined ? {} : { token }) });
  }

  /** Answers `secret_refused`. */
  answerSecret(key: RenewableSecret, given: { readonly generation: number; readonly text?: string }): void {
    this.#send({ type: 'secret', key, ...given });
  }

  /** Answers `login_wanted`. */
  answerLogin({ renewed, refusal }: Omit<Extract<ToChild, { type: 'login' }>, 'type'>): void {
    this.#send({ type: 'login', renewed, ...(refusal === undefined ? {} : { refusal }) });
  }

  /** Sends nothing more to the vault; resolves when nothing is on its way any more, or when the child is gone. */
  async hold(): Promise<void> {
    const held = new Promise<void>((resolve) => this.#onHeld.push(resolve));
    this.#send({ type: 'hold' });
    await held;
  }

  /** After `hold`: goes on. */
  release(): void {
    this.#send({ type: 'release' });
  }

  /** The process is stopped by the system, or goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** This vault's share of a budget has changed. */
  setRates(rates: Rates): void {
    this.#send({ type: 'rates', rates });
  }

  kill(reason?: SuperviseError): void {
    this.#endedFor ??= reason;
    this.#child.kill('SIGKILL');
  }

  #send(message: ToChild): void {
    // A child that is gone gets nothing, and `ended` tells of that. execa says so by rejecting or by throwing.
    try {
      this.#child.sendMessage(message).catch(() => undefined);
    } catch {
      return;
    }
  }

  async #listen(): Promise<void> {
    try {
      for await (const raw of this.#child.getEachMessage()) this.#receive(raw);
    } catch {
      // The channel broke: the process is ending, and `ended` tells how.
    }
  }

  #receive(raw: unknown): void {
    this.#silence.heard(this.#options.heartbeatMs);
    const parsed = parseMessage(fromChildSchema, raw);
    if ('malformedAt' in parsed) {
      this.kill(
        new SuperviseError(
          'protocol',
          `vault ${this.#options.job.vault.name}: a malformed message (at ${parsed.malformedAt})`,
        ),
      );
      return;
    }
    const { message } = parsed;
    if (message.type === 'hello' && message.version !== productVersion) {
      this.kill(
        new SuperviseError(
          'protocol',
          `the child is version ${message.version}, the supervisor ${productVersion}`,
          {
            hint: 'The installation changed while the run was under way: start again with `resume`.',
          },
        ),
      );
      return;
    }
    switch (message.type) {
      case 'result':
        this.#result = message;
        // It has nothing left to do but end, which a thread that waits for a pipe or a file system keeps it from.
        this.#silence.close();
        this.#overdue ??= setTimeout(() => this.kill(), endGraceMs);
        return;
      case 'held':
        this.#tellHeld();
        return;
      default:
        this.#options.onMessage(message);
    }
  }

  #tellHeld(): void {
    for (const tell of this.#onHeld.splice(0)) tell();
  }

  async #reap(): Promise<ProcessEnd> {
    const { exitCode, signal } = await this.#child;
    this.#silence.close();
    clearTimeout(this.#overdue);
    this.#tellHeld();
    if (this.#result !== undefined && this.#endedFor === undefined)
      return { kind: 'result', result: this.#result };
    return {
      kind: 'died',
      pid: this.#child.pid,
      exitCode,
      signal,
      endedFor: this.#endedFor,
      outOfMemory: this.#outOfMemory,
    };
  }
}

interface ChildAhead {
  readonly flags: readonly string[];
  readonly child: ReturnType<typeof fork>;
}

let ahead: ChildAhead | undefined;

/**
 * Starts a process for whichever vault is first, while its job is still being made: a child takes as long to begin as a
 * supervisor does to read its configuration. Disposing ends it, if nobody has taken it by then: it has no job, and has
 * done nothing.
 */
export function forkAhead(): Disposable {
  const flags = nodeOptions();
  const own: ChildAhead = { flags, child: fork(flags) };
  ahead = own;
  return {
    [Symbol.dispose]: () => {
      if (ahead !== own) return;
      ahead = undefined;
      own.child.kill('SIGTERM');
    },
  };
}

/** The process that was started ahead. One that is not as the vault wants it is ended: no other vault will want it. */
function takeAhead(flags: readonly string[]): ChildAhead['child'] | undefined {
  if (ahead === undefined) return undefined;
  const { child, flags: given } = ahead;
  ahead = undefined;
  if (child.connected && flags.join(' ') === given.join(' ')) return child;
  child.kill('SIGTERM');
  return undefined;
}

/**
 * Through a shell where there is one, because only a shell can refuse core dumps for the process that it becomes.
 * Detached: the terminal's signals are for the supervisor alone, and the broken channel tells an orphan.
 */
function fork(flags: readonly string[]) {
  const options = {
    ipc: true,
    serialization: 'advanced',
    buffer: false,
    reject: false,
    detached: true,
    extendEnv: false,
    env: childEnvironment(process.env),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  } as const;
  const args = [...flags, childProgram];
  return process.platform === 'win32'
    ? execa(process.execPath, args, options)
    : execa('/bin/sh', ['-c', 'ulimit -c 0; exec "$0" "$@"', process.execPath, ...args], options);
}
