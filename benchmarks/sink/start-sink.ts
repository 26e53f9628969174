import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A vault that takes everything and keeps nothing, in a process of its own. */
export interface Sink extends AsyncDisposable {
  readonly url: string;
  /** When the first request to each vault and table came, in milliseconds since 1970, in that order. */
  readonly firstRequestsMs: readonly number[];
}

export async function startSink(): Promise<Sink> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sink.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const firstRequestsMs: number[] = [];
  const lines = createInterface(child.stdout);
  const closed = once(child, 'close');
  const [url] = (await Promise.race([
    once(lines, 'line'),
    closed.then(() => Promise.reject(new Error('the sink did not start'))),
  ])) as [string];
  lines.on('line', (line) => firstRequestsMs.push(Number(line)));
  return {
    url,
    firstRequestsMs,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
