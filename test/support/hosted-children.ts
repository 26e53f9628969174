import childProcess, { ChildProcess, type SpawnOptions } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ChildEnd, ChildStart } from './processes/child-host.js';

const childProgram = fileURLToPath(new URL('../../child/main.js', import.meta.url));
const hostProgram = fileURLToPath(new URL('processes/child-host.js', import.meta.url));

/** What Node or OpenSSL read once, when the process begins. */
const readAtStart = /^(?:NODE_|SSL_|TZ$)/;

/** Processes that have been children and are free, by the command that began them. */
const free = new Map<string, ChildProcess[]>();
const realSpawn = childProcess.spawn;

/**
 * From now on the children that this process starts are processes that have been children before, where there are any:
 * a child's beginning is most of what it costs.
 */
export function reuseChildren(): void {
  const spawn = (command: string, args: readonly string[], options: SpawnOptions): ChildProcess => {
    const env = (options.env ?? {}) as Record<string, string>;
    if (!args.includes(childProgram) || Object.keys(env).some((name) => readAtStart.test(name)))
      return realSpawn(command, args, options);
    return new HostedChild(command, args, options);
  };
  Object.assign(childProcess, { spawn });
  syncBuiltinESMExports();
}

/** One run of a child, to be seen as a process that begins and ends with it. */
class HostedChild extends ChildProcess {
  readonly #process: ChildProcess;
  readonly #stderr = new PassThrough();
  readonly #listeners: (() => void)[] = [];
  #hasEnded = false;

  constructor(command: string, args: readonly string[], options: SpawnOptions) {
    super();
    const words = args.map((word) => (word === childProgram ? hostProgram : word));
    const key = [command, ...words].join(' ');
    const waiting = free.get(key) ?? [];
    free.set(key, waiting);
    const host = waiting.pop() ?? realSpawn(command, words, options);
    this.#process = host;
    const { pid, channel } = host;
    Object.assign(this, {
      ...{ pid, channel, connected: true, exitCode: null, signalCode: null },
      ...{ stdin: null, stdout: null, stderr: this.#stderr, stdio: [null, null, this.#stderr, null] },
      send: host.send.bind(host),
      kill: (signal?: NodeJS.Signals) => host.kill(signal),
      disconnect: () => host.disconnect(),
    });
    this.#follow('message', (message: Partial<ChildEnd>, handle: unknown) => {
      if (message.hostedEnd === undefined) return void this.emit('message', message, handle);
      this.#end(message.hostedEnd.exitCode, null);
      waiting.push(host);
    });
    this.#follow('exit', (code: number | null, signal: NodeJS.Signals | null) => this.#end(code, signal));
    this.#follow('error', (error: Error) => this.emit('error', error));
    const take = (chunk: Buffer): void => void this.#stderr.write(chunk);
    host.stderr?.on('data', take);
    this.#listeners.push(() => host.stderr?.off('data', take));
    const start: ChildStart = {
      hostedStart: { cwd: process.cwd(), env: options.env as Record<string, string> },
    };
    host.send(start);
    process.nextTick(() => this.emit('spawn'));
  }

  #follow(event: string, listener: (...args: never[]) => void): void {
    const listen = listener as (...args: unknown[]) => void;
    this.#process.on(event, listen);
    this.#listeners.push(() => this.#process.off(event, listen));
  }

  #end(exitCode: number | null, signalCode: NodeJS.Signals | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const stopListening of this.#listeners) stopListening();
    Object.assign(this, { exitCode, signalCode, connected: false });
    this.emit('disconnect');
    this.emit('exit', exitCode, signalCode);
    this.#stderr.end();
    this.emit('close', exitCode, signalCode);
  }
}
