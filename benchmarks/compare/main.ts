import { runScript } from '../command-line/script.js';
import { compareScript } from './compare-script.js';
import { compareCommits } from './compare-commits.js';

await runScript(compareScript, compareCommits);
