import { createHook } from 'node:async_hooks';
import { readFileSync } from 'node:fs';

/**
 * Preloaded (`--import`): at its end the process writes what Linux has counted of its reads and writes (proc_pid_io(5)), and how
 * many promises were made in it.
 */
let promises = 0;
createHook({
  init: (_id, type) => {
    if (type === 'PROMISE') promises += 1;
  },
}).enable();
process.on('exit', () =>
  process.stdout.write(`${readFileSync('/proc/self/io', 'latin1')}promises: ${promises}\n`),
);
