import { BlockList, isIP } from 'node:net';
import { SuperviseError } from '../errors/supervise-error.js';
import type { ProxySettings } from './proxy-settings.js';

/**
 * The proxy for a target, or undefined for a direct connection: HTTPS_PROXY for https, HTTP_PROXY for http,
 * none for hosts that NO_PROXY names (`*`, host with its subdomains, `.suffix`, `*.suffix`, each with an
 * optional `:port`, addresses, CIDR blocks) and none for loopback. Throws a SuperviseError `config` that
 * quotes nothing of the setting, since it may hold a password.
 */
export function chooseProxy(target: URL, settings: ProxySettings): URL | undefined {
  const [name, setting] =
    target.protocol === 'https:' ? ['HTTPS_PROXY', settings.httpsProxy] : ['HTTP_PROXY', settings.httpProxy];
  const text = setting?.trim() ?? '';
  if (text === '' || isLoopback(bareHost(target)) || isExempt(target, settings.noProxy ?? ''))
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

/** Whether a host is this machine by name or address. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  );
}

function isExempt(target: URL, noProxy: string): boolean {
  const host = bareHost(target);
  const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && covers(entry, host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return coversBlock(entry, host);
  const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry);
  if (withPort !== null && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? entry).replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function coversBlock(entry: string, host: string): boolean {
  const [network = '', prefix = ''] = entry.split('/');
  const version = isIP(network);
  const bits = Number(prefix);
  if (version === 0 || isIP(host) !== version || !/^\d+$/.test(prefix) || bits > (version === 4 ? 32 : 128))
    return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(network, bits, family);
  return block.check(host, family);
}
