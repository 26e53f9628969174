import { SuperviseError } from '../../src/errors/supervise-error.js';
import { limitOf, readSystemSync, SYSTEM_ROOTS } from '../../src/system/proc.js';

/** What Node, the program's own files and one command need; what a run needs besides is looked at before it begins. */
const leastFiles = 160;
/** Of a process that works: measured, and a few more. */
const ownFiles = 40;
const filesPerChild = 4;

/**
 * What to say when this process may have so few files open that not even its program could be read, or so little address
 * space that no request can be sent. Nothing where they are enough, or the system does not say.
 */
export function describeShortage(): string | undefined {
  const limits = readSystemSync(SYSTEM_ROOTS.proc, 'self/limits');
  const allowed = limitOf(limits, 'Max open files');
  if (allowed !== undefined && allowed < leastFiles) {
    return (
      `error: this process may have ${allowed} files open, and needs at least ${leastFiles}; nothing was started\n` +
      'Raise the limit (ulimit -n, LimitNOFILE).\n'
    );
  }
  const space = limitOf(limits, 'Max address space');
  if (space === undefined || canReserve()) return undefined;
  return (
    `error: this process may have ${Math.floor(space / 2 ** 20)} MiB of address space, of which its HTTP client cannot reserve what it needs; nothing was started\n` +
    'Raise the limit (ulimit -v unlimited, LimitAS=infinity): address space is no memory. Memory is limited by a cgroup (MemoryMax).\n'
  );
}

// TypeScript knows it of browsers only.
declare const WebAssembly: { readonly Memory: new (size: { readonly initial: number }) => object };

/** V8 reserves some 10 GiB of addresses for each memory of WebAssembly, which the parser of HTTP is. */
function canReserve(): boolean {
  try {
    new WebAssembly.Memory({ initial: 1 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Throws `config` when a run would end for want of files: a child has so many connections, and the supervisor a few
 * files for each child, beside what both have open anyway.
 */
export function assertOpenFiles(work: { readonly children: number; readonly concurrency: number }): void {
  const allowed = openFilesAllowed();
  const needed = ownFiles + Math.max(work.concurrency, work.children * filesPerChild);
  if (allowed === undefined || allowed >= needed) return;
  throw new SuperviseError(
    'config',
    `this process may have ${allowed} files open; ${work.children} vaults with ${work.concurrency} connections each need ${needed}`,
    { hint: 'Raise the limit (ulimit -n, LimitNOFILE), or lower --concurrency. Nothing was started.' },
  );
}

function openFilesAllowed(): number | undefined {
  return limitOf(readSystemSync(SYSTEM_ROOTS.proc, 'self/limits'), 'Max open files');
}
