import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerCertificate } from '../../src/sandbox/self-signed-certificate.js';

const program = fileURLToPath(new URL('../vault/fixtures/connect-proxy.js', import.meta.url));

/** A tunnel that was asked for. */
interface Tunnel {
  readonly connect: string;
  readonly authorised: boolean;
}

/** A CONNECT proxy in a process of its own; it resolves every name to 127.0.0.1, as nobody else does. */
export interface ProxyProcess extends AsyncDisposable {
  readonly port: number;
  /** Every tunnel asked for so far. */
  seen(): Promise<Tunnel[]>;
}

/** Starts a proxy that wants these credentials (`user:password`); with a certificate it is spoken to over TLS. */
export async function startProxy(
  credentials: string,
  certificate?: ServerCertificate,
): Promise<ProxyProcess> {
  const tls = certificate === undefined ? [] : [certificate.certPem, certificate.keyPem];
  const child = fork(program, [credentials, ...tls], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    async seen() {
      const told = once(child, 'message');
      child.send('seen');
      const [tunnels] = (await told) as [Tunnel[]];
      return tunnels;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await ended;
    },
  };
}
