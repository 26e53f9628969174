import { readFileSync, type Stats } from 'node:fs';

/** What of a file's status says who may do what to it. */
export type Ownership = Pick<Stats, 'uid' | 'gid' | 'mode'>;

/**
 * Who but us may write a file, in words; undefined: nobody. Strangers are neither this user nor root. A group counts
 * as ours when we are in it and the machine knows no other member (the group of a Kubernetes volume, a user's own
 * group), and so does root's. Where there are no user ids (Windows) nobody is a stranger.
 */
export function strangerThatWrites(file: Ownership): string | undefined {
  const own = process.geteuid?.();
  if (own === undefined) return undefined;
  if (file.uid !== own && file.uid !== 0) return `it belongs to ${nameOf('passwd', file.uid)}`;
  if ((file.mode & 0o002) !== 0) return `everybody on this machine may write to it (mode ${octal(file)})`;
  if ((file.mode & 0o020) === 0 || isOwnGroup(file.gid)) return undefined;
  return `the group ${nameOf('group', file.gid)} may write to it (mode ${octal(file)})`;
}

/** Whether others on this machine may read a file. */
export function strangersMayRead(file: Ownership): boolean {
  if (process.geteuid === undefined) return false;
  return (file.mode & 0o004) !== 0 || ((file.mode & 0o040) !== 0 && !isOwnGroup(file.gid));
}

/** Permission bits as `chmod` takes them. */
export function octal({ mode }: Pick<Ownership, 'mode'>): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

function isOwnGroup(gid: number): boolean {
  if (gid === 0) return true;
  if (process.getegid?.() !== gid && process.getgroups?.().includes(gid) !== true) return false;
  const users = entries('passwd');
  const trusted = [process.geteuid?.(), 0];
  const ours = users.filter(([, , uid]) => trusted.includes(Number(uid))).map(([name]) => name);
  const primarily = users.filter(([, , , primary]) => Number(primary) === gid).map(([name]) => name);
  const named = entries('group').find(([, , id]) => Number(id) === gid)?.[3] ?? '';
  return [...primarily, ...named.split(',')].every((member) => member === '' || ours.includes(member));
}

/** The lines of `/etc/passwd` or `/etc/group`; none where there is no such file. */
function entries(table: 'passwd' | 'group'): string[][] {
  try {
    const lines = readFileSync(`/etc/${table}`, 'utf8').split('\n');
    return lines.filter((line) => line.includes(':')).map((line) => line.split(':'));
  } catch {
    return [];
  }
}

function nameOf(table: 'passwd' | 'group', id: number): string {
  const known = entries(table).find(([, , found]) => Number(found) === id)?.[0];
  return known === undefined ? `${table === 'passwd' ? 'uid' : 'gid'} ${id}` : `${known} (${id})`;
}
