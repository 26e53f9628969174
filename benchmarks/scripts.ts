import { acceptanceScript } from './acceptance/run.js';
import { analysisScript } from './analyze/run-analysis.js';
import { checkScript } from './check/check-counts.js';
import { compareScript } from './compare/compare-commits.js';
import { headlineScript } from './headline/measure-headline.js';
import { lanesScript } from './lanes/measure-lanes.js';
import { latencyScript } from './latency/measure-grid.js';
import { limitScript } from './limit/measure-limit.js';
import { memoryScript } from './memory/measure-memory.js';
import { startScript } from './start/measure-start.js';
import { sweepScript } from './sweep/run-sweep.js';
import type { ScriptDefinition } from './command-line/script.js';

/** All benchmarks that take flags; `npm run` has a line for each. */
export const scripts: readonly ScriptDefinition[] = [
  sweepScript('quick'),
  sweepScript('full'),
  acceptanceScript,
  analysisScript,
  checkScript,
  compareScript,
  headlineScript,
  lanesScript,
  latencyScript,
  limitScript,
  memoryScript,
  startScript,
];
