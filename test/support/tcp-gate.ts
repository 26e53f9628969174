import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/**
 * A way to a server that can be cut: connections end at once, and new ones are refused until it is opened again. Or held:
 * whoever uses it is to the server as one that sleeps, and nothing is lost.
 */
export class TcpGate implements AsyncDisposable {
  readonly #to: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #awake: Promise<void> = Promise.resolve();

  private constructor(to: URL) {
    this.#to = { host: to.hostname, port: Number(to.port) };
  }

  static async before(url: string): Promise<TcpGate> {
    const gate = new TcpGate(new URL(url));
    await gate.open();
    return gate;
  }

  /** The same URL by this way. */
  urlOf(url: string): string {
    const through = new URL(url);
    [through.hostname, through.port] = ['127.0.0.1', String(this.#port)];
    return through.toString();
  }

  async open(): Promise<void> {
    this.#server = createServer((socket) => this.#join(socket)).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Nothing passes, until the function that is given back is called. */
  hold(): () => void {
    let wakeUp = (): void => undefined;
    this.#awake = new Promise((resolve) => (wakeUp = resolve));
    return () => wakeUp();
  }

  async cut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cut();
  }

  #join(socket: Socket): void {
    const onward = connect(this.#to);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one);
      one
        .on('error', () => undefined)
        .once('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      const passing = new Transform({
        transform: (chunk, _encoding, passed) => void this.#awake.then(() => passed(null, chunk)),
      });
      one.pipe(passing).pipe(other);
    }
  }
}
