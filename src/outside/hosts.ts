import { isIP } from 'node:net';
import { SuperviseError } from '../errors/supervise-error.js';

/**
 * Whether a host, as it stands in a URL (IPv6 in brackets or not), says this machine: an address of loopback, or
 * `localhost`. Names below `.localhost` are not believed, since most systems ask DNS for them; and even `localhost` is
 * looked at once more when it is connected to (`isLoopbackAddress`).
 */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || isLoopbackAddress(bare);
}

/** Whether an address is one of loopback, in IPv4, IPv6 or IPv4 written as IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const ipv4 = address.toLowerCase().replace(/^::ffff:/, '');
  return address === '::1' || (isIP(ipv4) === 4 && ipv4.startsWith('127.'));
}

/** The hosts of a setting: names or addresses between commas or blanks; `.suffix` for all names below one. */
function entriesOf(allowed: string): string[] {
  return allowed
    .toLowerCase()
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/^\*(?=\.)/, '').replace(/\.$/, ''))
    .filter((entry) => entry !== '');
}

/** Whether a setting of allowed hosts lets a host in; one that is absent lets everybody in, an empty one nobody. */
export function isAllowedHost(host: string, allowed: string | undefined): boolean {
  if (allowed === undefined) return true;
  const bare = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  return entriesOf(allowed).some((entry) =>
    entry.startsWith('.') ? bare.endsWith(entry) : bare === entry.replace(/^\[|\]$/g, ''),
  );
}

/** Throws `config` for a host that the setting `key` does not let in. */
export function assertAllowedHost(host: string, allowed: string | undefined, key: string): void {
  if (isAllowedHost(host, allowed)) return;
  throw new SuperviseError('config', `${host} is none of the hosts of ${key}, so nothing is sent there`, {
    hint: `Add it to ${key} where it is right that data goes there.`,
  });
}

/** Whether a URL's host says this machine: `isLoopbackHost`. */
export function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}

/**
 * Why a text is not the URL of a server (https, or http towards this machine; no user name, path or query), in
 * words that never quote more than scheme and host; undefined when it is one.
 */
export function faultOfServerUrl(text: string): string | undefined {
  if (/[\s\p{Cc}]/u.test(text)) return 'a URL with a blank, a line break or a control character in it';
  if (!URL.canParse(text)) return `no URL, but a text of ${text.length} characters`;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `a URL of another scheme than https`;
  if (url.username !== '' || url.password !== '') return 'a URL with a user name or password in it';
  if (url.search !== '' || text.includes('?')) return 'a URL with a query';
  if (url.hash !== '' || text.includes('#')) return 'a URL with a fragment';
  if (!/^\/*$/.test(url.pathname)) return 'a URL with a path';
  if (url.protocol === 'http:' && !isLoopbackUrl(text)) {
    return `http to ${url.host}, which would send records and token unencrypted`;
  }
  return undefined;
}

/** A server's URL without slashes at its end, so that paths can be appended. */
export function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
