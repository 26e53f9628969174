import { runScript } from '../command-line/script.js';
import { checkScript } from './check-script.js';
import { checkCounts } from './check-counts.js';

await runScript(checkScript, checkCounts);
