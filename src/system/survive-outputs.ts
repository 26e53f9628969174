import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemCode } from '../errors/supervise-error.js';

type Output = NodeJS.WriteStream;

/**
 * What people see is never in the way of what is done. From now on an error of stdout or stderr (a closed pipe, a full
 * disk, a terminal that is gone) ends nothing: the other stream says so once, unless it is a reader who has read enough
 * (`| head`). A terminal that takes nothing (Ctrl-S, a connection that hangs) no longer stops the process in the middle
 * of a write, with its signals and children: what is written waits, and views look at `writableNeedDrain`. The exit
 * status is ours also when a terminal has gone.
 */
export function surviveOutputs(): void {
  survive(process.stdout, process.stderr, 'standard output');
  survive(process.stderr, process.stdout, 'standard error');
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.once('exit', () => {
    // Node aborts when it cannot give a terminal its modes back; it passes over one that is closed.
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

function survive(stream: Output, other: Output, name: string): void {
  let isKnown = false;
  stream.on('error', (error) => {
    if (isKnown || systemCode(error) === 'EPIPE') return;
    isKnown = true;
    other.write(`warning: ${name} cannot be written (${systemCode(error) ?? String(error)})\n`);
  });
  if (stream.isTTY) neverBlock(stream);
}

/** Node makes terminals block, for no more than the order of two streams; its handle has the switch, and no type. */
function neverBlock(stream: object): void {
  const handle: unknown = '_handle' in stream ? stream._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('setBlocking' in handle)) return;
  if (typeof handle.setBlocking === 'function') Reflect.apply(handle.setBlocking, handle, [false]);
}
