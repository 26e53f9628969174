import { endProcess, expectLingering } from '../../../supervisor/process/end-process.js';

// Ends, or not, as a command does that something of an engine keeps alive.
setInterval(() => undefined, 60_000);
if (process.argv[2] === 'engine') expectLingering();
process.stdout.write('x'.repeat(1_000_000));
process.exitCode = 1;
endProcess();
