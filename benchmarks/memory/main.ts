import { runScript } from '../command-line/script.js';
import { measureMemory } from './measure-memory.js';
import { memoryScript } from './memory-script.js';

await runScript(memoryScript, measureMemory);
