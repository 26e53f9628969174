import { BlockList, isIP } from 'node:net';
import * as z from 'zod';
import { SuperviseError } from '../errors/supervise-error.js';
import { isLoopbackHost } from '../outside/hosts.js';

/** The usual proxy variables as they were found; an empty one is no setting. */
export const proxySchema = z
  .strictObject({ httpProxy: z.string(), httpsProxy: z.string(), noProxy: z.string() })
  .partial();
export type ProxySettings = Readonly<z.infer<typeof proxySchema>>;

/** The usual proxy variables, in either case, as they are found. */
export function proxies(environment: NodeJS.ProcessEnv): ProxySettings {
  const either = (name: string): string | undefined => environment[name.toLowerCase()] ?? environment[name];
  return {
    httpProxy: either('HTTP_PROXY'),
    httpsProxy: either('HTTPS_PROXY'),
    noProxy: either('NO_PROXY'),
  };
}

/**
 * The proxy for a target, or undefined for a direct connection: HTTPS_PROXY for https, HTTP_PROXY for http,
 * none for hosts that NO_PROXY names, by curl's rules (`*` alone; names, with or without a dot in front, with all names below
 * them; addresses and CIDR blocks; no ports, no other wildcards), and none for loopback. Throws a SuperviseError `config` that
 * quotes nothing of the setting, since it may hold a password.
 */
export function chooseProxy(target: URL, settings: ProxySettings): URL | undefined {
  const [name, setting] =
    target.protocol === 'https:' ? ['HTTPS_PROXY', settings.httpsProxy] : ['HTTP_PROXY', settings.httpProxy];
  const text = setting?.trim() ?? '';
  if (text === '' || isLoopbackHost(bareHost(target)) || isExempt(target, settings.noProxy ?? ''))
    return undefined;
  const proxy = parseProxy(text);
  if (proxy === undefined || (proxy.protocol !== 'http:' && proxy.protocol !== 'https:')) {
    throw new SuperviseError(
      'config',
      `${name} is not the URL of an HTTP proxy (${text.length} characters)`,
      {
        hint: 'It must look like http://proxy.example:3128 or http://user:password@proxy.example:3128, with special characters of the password percent-encoded.',
      },
    );
  }
  return proxy;
}

function parseProxy(text: string): URL | undefined {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** A host name or address without the brackets of IPv6. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

function isExempt(target: URL, noProxy: string): boolean {
  if (noProxy.trim() === '*') return true;
  const host = bareHost(target).replace(/\.$/, '');
  const version = isIP(host);
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => (version === 0 ? coversName(entry, host) : coversAddress(entry, host, version)));
}

function coversName(entry: string, host: string): boolean {
  const name = entry.replace(/\.$/, '').replace(/^\./, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function coversAddress(entry: string, host: string, version: number): boolean {
  const [network = '', prefix] = entry.split('/');
  const longest = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? longest : Number(prefix);
  if (isIP(network) !== version || !/^\d+$/.test(prefix ?? '0') || bits > longest) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(network, bits, family);
  return block.check(host, family);
}
