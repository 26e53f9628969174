import { SIGNAL_EXIT } from '../../src/status/statuses.js';
import { endBySignal, stopSignals } from './stop-signals.js';

const endGraceMs = 2_000;
let mayLinger = false;

/** Something is begun that may keep the process alive when nothing more is wanted of it. */
export function expectLingering(): void {
  mayLinger = true;
}

/**
 * A command that has come to its end does not stay for what never returns: a pipe or a file system that hangs after a
 * signal, an engine. An exit would wait for a thread that hangs; a signal, by which the process then ends, does not, and is
 * the same exit status. Whoever reads the output slowly is waited for.
 */
export function endProcess(): void {
  const { exitCode } = process;
  const signal = stopSignals.find((one) => SIGNAL_EXIT[one] === exitCode);
  if (signal !== undefined) setTimeout(() => endBySignal(signal), endGraceMs).unref();
  else if (mayLinger) setTimeout(exitWhenWritten, endGraceMs).unref();
}

function exitWhenWritten(): void {
  const unwritten = [process.stdout, process.stderr].find(({ writableLength }) => writableLength > 0);
  if (unwritten === undefined) process.exit();
  unwritten.once('drain', exitWhenWritten);
}
