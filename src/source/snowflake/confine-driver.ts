import { lookup } from 'node:dns/promises';
import http from 'node:http';
import { SuperviseError } from '../../errors/supervise-error.js';
import { assertAllowedHost } from '../../outside/allowed-hosts.js';
import { isLoopbackAddress } from '../../outside/loopback.js';

let allowed: string | undefined;
let isWatching = false;

/**
 * From now on no request through Node's own HTTP client, which the driver makes all of its own with (the account, the
 * storage of its cloud, OCSP), leaves this process for a host that is not allowed: it fails with a `config` error.
 */
export function confineDriver(allowedHosts: string | undefined): void {
  allowed = allowedHosts;
  if (isWatching || allowedHosts === undefined) return;
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
      return Reflect.apply(addRequest, this, [request, ...more]) as unknown;
    },
  );
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
