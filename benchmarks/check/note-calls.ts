import { readFileSync } from 'node:fs';

/** Preloaded (`--import`): at its end the process writes what Linux has counted of its reads and writes (proc_pid_io(5)). */
process.on('exit', () => process.stdout.write(readFileSync('/proc/self/io')));
