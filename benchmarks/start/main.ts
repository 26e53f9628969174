import { runScript } from '../command-line/script.js';
import { measureStart } from './measure-start.js';
import { startScript } from './start-script.js';

await runScript(startScript, measureStart);
