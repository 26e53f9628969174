import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';

/** A port whose connections nobody takes: its queue is full, and the system drops what comes. */
export interface Blackhole extends AsyncDisposable {
  readonly port: number;
  /** From now on it takes connections, those too that have been tried meanwhile, and ends each at once. */
  open(): void;
}

/** Listens in a thread that then stands still, and fills its queue until two connections are not taken any more. */
export async function openBlackhole(host: string): Promise<Blackhole> {
  const source = `
    const { createServer } = require('node:net');
    const { parentPort, workerData } = require('node:worker_threads');
    const server = createServer((socket) => socket.on('error', () => undefined).destroy());
    server.listen({ port: 0, host: workerData.host, backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(workerData.gate, 0, 0));
    });`;
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(source, { eval: true, workerData: { host, gate } });
  const [port] = z.tuple([z.number()]).parse(await once(worker, 'message'));
  const filling: Socket[] = [];
  for (let dropped = 0; dropped < 2;) {
    const socket = connect(port, host).on('error', () => undefined);
    filling.push(socket);
    const isTaken = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(false), 100);
      }),
    ]);
    if (!isTaken) dropped += 1;
  }
  return {
    port,
    open() {
      for (const socket of filling) socket.destroy();
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of filling) socket.destroy();
      await worker.terminate();
    },
  };
}
