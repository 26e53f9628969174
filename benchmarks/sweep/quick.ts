import { runScript } from '../command-line/script.js';
import { runSweep } from './run-sweep.js';
import { sweepScript } from './sweep-script.js';

await runScript(sweepScript('quick'), (context) => runSweep(context, 'quick'));
