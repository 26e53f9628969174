import { lookup } from 'node:dns/promises';
import http from 'node:http';
import { setDefaultAutoSelectFamilyAttemptTimeout, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SuperviseError } from '../../errors/supervise-error.js';
import { isLoopbackAddress, assertAllowedHost } from '../../outside/hosts.js';
import { ConnectFailure } from './driver-failure.js';
import type { SnowflakeConnection } from './snowflake-options.js';

/** As connections to a vault have it by default. */
const usualConnectTimeoutMs = 10_000;

let allowed: string | undefined;
let connectTimeoutMs = usualConnectTimeoutMs;
let isWatching = false;

/**
 * From now on no request through Node's own HTTP client, which the driver makes all of its own with (the account, the
 * storage of its cloud, OCSP), leaves this process for a host that is not allowed: it fails with a `config` error. One whose
 * connection is not there in time fails with a ConnectFailure: the driver itself would wait for as long as the system does.
 */
export function confineDriver(limits: Pick<SnowflakeConnection, 'allowed_hosts' | 'connectTimeoutMs'>): void {
  allowed = limits.allowed_hosts;
  connectTimeoutMs = limits.connectTimeoutMs ?? usualConnectTimeoutMs;
  // Of each address of a name; behind a slower link than Node's 250 ms a name with several is never reached.
  setDefaultAutoSelectFamilyAttemptTimeout(Math.max(10, Math.floor(connectTimeoutMs / 2)));
  if (isWatching) return;
  isWatching = true;
  const agents: object = http.Agent.prototype;
  const addRequest: unknown = Reflect.get(agents, 'addRequest');
  if (typeof addRequest !== 'function') {
    throw new SuperviseError('internal', 'this version of Node cannot be kept to snowflake.allowed_hosts');
  }
  Reflect.set(
    agents,
    'addRequest',
    function (this: http.Agent, request: http.ClientRequest, ...more: unknown[]) {
      assertAllowedHost(request.host, allowed, 'snowflake.allowed_hosts');
      limitConnecting(request, connectTimeoutMs);
      limitTunnels(this);
      return Reflect.apply(addRequest, this, [request, ...more]) as unknown;
    },
  );
}

/** The driver's agents open as many connections as they have requests: none of them waits for a connection of another. */
function limitConnecting(request: http.ClientRequest, limitMs: number): void {
  const limit = setTimeout(() => {
    const failure = new ConnectFailure(`no connection within ${limitMs} ms (connect_timeout_ms)`);
    request.destroy(failure);
    // It is told of that when it gets a socket, which one that waits for a proxy never does.
    tunnels.get(request)?.abort(failure);
  }, limitMs);
  const done = (): void => clearTimeout(limit);
  request.once('close', done);
  request.once('socket', (socket: Socket) => {
    const isSecured = socket instanceof TLSSocket;
    const isOpen = !socket.connecting && !(isSecured && socket.getFinished() === undefined);
    if (isOpen) done();
    else socket.once(isSecured ? 'secureConnect' : 'connect', done);
  });
}

/** What ends the connection to a proxy that a request waits for. */
const tunnels = new WeakMap<http.ClientRequest, AbortController>();
const limited = new WeakSet<http.Agent>();

/** Agents of proxies connect to the proxy by themselves, without a word to the request: each such connection can be ended. */
function limitTunnels(agent: http.Agent): void {
  const connect: unknown = Reflect.get(agent, 'connect');
  const options: unknown = Reflect.get(agent, 'connectOpts');
  if (typeof connect !== 'function' || typeof options !== 'object' || limited.has(agent)) return;
  limited.add(agent);
  Reflect.set(agent, 'connect', async (request: http.ClientRequest, ...more: unknown[]) => {
    const limit = new AbortController();
    tunnels.set(request, limit);
    const connectOpts = { value: { ...options, signal: limit.signal } };
    const own: unknown = Object.create(agent, { connectOpts });
    try {
      return (await Reflect.apply(connect, own, [request, ...more])) as unknown;
    } catch (error) {
      limit.signal.throwIfAborted();
      throw error;
    }
  });
}

/**
 * The address to connect to for a URL in plain http, which goes to this machine only: by where the name leads, which is
 * then what the driver gets. An https URL stays as it is.
 */
export async function loopbackUrl(url: string): Promise<string> {
  if (!URL.canParse(url)) return url;
  const target = new URL(url);
  if (target.protocol !== 'http:') return url;
  const [found] = await lookup(target.hostname.replace(/^\[|\]$/g, ''), { all: true, verbatim: true });
  if (found === undefined || !isLoopbackAddress(found.address)) {
    throw new SuperviseError(
      'config',
      `snowflake.access_url is plain http, and ${target.hostname} is ${found?.address ?? 'unknown'}, not this machine`,
      { hint: 'Use https: without it nothing is sent to other machines.' },
    );
  }
  target.hostname = found.family === 6 ? `[${found.address}]` : found.address;
  return target.href.replace(/\/+$/, '');
}
