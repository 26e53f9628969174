import { constants } from 'node:os';

/**
 * conf, without what one of its libraries (when-exit) does when it is imported: it listens to fifteen signals and sends
 * each to the process a second time. None could be handled in order then, and none would end a process that waits in
 * the middle of a system call.
 */
const signals = Object.keys(constants.signals) as NodeJS.Signals[];
const known = new Set(signals.flatMap((signal) => process.listeners(signal)));

export const { default: Conf } = await import('conf');

for (const signal of signals) {
  for (const listener of process.listeners(signal)) if (!known.has(listener)) process.off(signal, listener);
}
// Node ignores it until somebody has listened: writing beyond a limit of file sizes is an error, no reason to die.
process.on('SIGXFSZ', () => undefined);
