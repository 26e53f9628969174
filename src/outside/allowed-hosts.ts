import { SuperviseError } from '../errors/supervise-error.js';

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
