import dns, { type LookupAddress } from 'node:dns';
import { connect as connectTcp, isIP, type Socket } from 'node:net';

/** Of a socket, which Node's types do not know: with less, reading stops and starts again for every answer that is longer. */
export const readAhead = { highWaterMark: 65_536 };

/** A later address is tried so long after the one before, whose try goes on (RFC 8305). */
const STAGGER_MS = 250;

export interface HostOptions {
  readonly host: string;
  readonly port: number;
  /** The only limit: no address has one of its own, since a link may take longer than any. */
  readonly signal: AbortSignal;
  /** For tests. */
  readonly lookup?: (host: string) => Promise<readonly LookupAddress[]>;
  readonly connect?: (address: string, port: number) => Socket;
}

/**
 * A connection to a host, whichever of its addresses answers first. Node's own tries give each address 250 ms, so that
 * behind a slower link a name with several addresses is never reached. Rejects with the last address's failure, or with
 * the signal's reason; then no socket is left.
 */
export async function connectToHost(options: HostOptions): Promise<Socket> {
  const { host, port, signal, lookup = lookUp, connect = connectOne } = options;
  signal.throwIfAborted();
  const family = isIP(host);
  const found = family === 0 ? await orAborted(lookup(host), signal) : [{ address: host, family }];
  const addresses = byTurns(found);
  return new Promise((resolve, reject) => {
    const opened = new Set<Socket>();
    const waiting = [...addresses];
    let stagger: NodeJS.Timeout | undefined;
    const end = (chosen: Socket | undefined): void => {
      clearTimeout(stagger);
      signal.removeEventListener('abort', abort);
      waiting.length = 0;
      for (const socket of opened) if (socket !== chosen) socket.destroy();
    };
    const abort = (): void => {
      end(undefined);
      reject(signal.reason as Error);
    };
    const next = (): void => {
      clearTimeout(stagger);
      const address = waiting.shift();
      if (address === undefined) return;
      const socket = connect(address, port);
      opened.add(socket);
      socket.once('connect', () => {
        socket.removeAllListeners('error').on('error', () => undefined);
        end(socket);
        resolve(socket);
      });
      socket.on('error', (error) => {
        opened.delete(socket);
        socket.destroy();
        if (waiting.length > 0) next();
        else if (opened.size === 0) {
          end(undefined);
          reject(error);
        }
      });
      stagger = setTimeout(next, STAGGER_MS);
    };
    signal.addEventListener('abort', abort, { once: true });
    next();
  });
}

/** A resolver may take its time. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function connectOne(address: string, port: number): Socket {
  return connectTcp({ host: address, port, keepAlive: true, ...readAhead });
}

function lookUp(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}

/** The addresses of both families by turns, beginning with that of the first. */
function byTurns(addresses: readonly LookupAddress[]): readonly string[] {
  const first = addresses[0]?.family;
  const mine = addresses.filter(({ family }) => family === first);
  const others = addresses.filter(({ family }) => family !== first);
  return addresses
    .flatMap((_, at) => [mine[at], others[at]])
    .flatMap((one) => (one === undefined ? [] : [one.address]));
}
