import { runScript } from '../command-line/script.js';
import { latencyScript } from './latency-script.js';
import { measureGrid } from './measure-grid.js';

await runScript(latencyScript, measureGrid);
