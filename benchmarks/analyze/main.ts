import { runScript } from '../command-line/script.js';
import { analysisScript } from './analyze-script.js';
import { runAnalysis } from './run-analysis.js';

await runScript(analysisScript, runAnalysis);
