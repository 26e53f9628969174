import { runScript } from '../command-line/script.js';
import { limitScript } from './limit-script.js';
import { measureLimit } from './measure-limit.js';

await runScript(limitScript, measureLimit);
