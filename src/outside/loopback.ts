import { isIP } from 'node:net';

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
