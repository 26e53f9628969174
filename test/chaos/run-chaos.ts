import { parseArgs } from 'node:util';
import { drawPlan } from './draw-plan.js';
import { runChaos, type ChaosOutcome } from './chaos-run.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '2' },
  },
});
const [runs, firstSeed, parallel] = [values.runs, values.seed, values.parallel].map(Number);
if (runs === undefined || firstSeed === undefined || parallel === undefined)
  throw new RangeError('unreachable');
if (![runs, firstSeed, parallel].every((count) => Number.isSafeInteger(count) && count > 0)) {
  process.stderr.write('usage: npm run test:chaos -- [--runs N] [--seed N] [--parallel N], each from 1\n');
  process.exit(2);
}

const total = {
  runs: 0,
  failed: 0,
  commands: 0,
  blows: 0,
  tornFiles: 0,
  damagedJournals: 0,
  records: 0,
  requests: 0,
  logged: 0,
  held: 0,
};
const wrongSeeds: number[] = [];

function note(seed: number, outcome: ChaosOutcome, seconds: number): void {
  const isWrong = outcome.problems.length > 0;
  total.runs += 1;
  total.commands += outcome.commands;
  total.blows += outcome.blows;
  total.tornFiles += outcome.tornFiles;
  total.damagedJournals += outcome.damagedJournals;
  total.records += outcome.records;
  total.requests += outcome.requests;
  total.logged += outcome.failed;
  total.held += outcome.held;
  if (isWrong) wrongSeeds.push(seed);
  process.stdout.write(
    `${isWrong ? 'WRONG' : 'right'} seed ${seed}: ${outcome.records} rows, commands ended ${outcome.exits.join(' ')}, ` +
      `${outcome.blows} blows, ${outcome.tornFiles} torn files, ${outcome.damagedJournals} damaged journals, ${outcome.failed} failed of which ${outcome.held} in doubt, ` +
      `${seconds.toFixed(1)} s\n`,
  );
  if (!isWrong) return;
  const { rows, ...plan } = drawPlan(seed);
  process.stdout.write(
    `  ${outcome.problems.slice(0, 10).join('\n  ')}\n` +
      `  plan: ${JSON.stringify({ ...plan, rows: rows.length })}\n` +
      `  workspace: ${outcome.workspace}\n` +
      `  again: npm run test:chaos -- --runs 1 --seed ${seed}\n`,
  );
}

let next = firstSeed;
const lane = async (): Promise<void> => {
  while (next < firstSeed + runs) {
    const seed = next;
    next += 1;
    const startedMs = performance.now();
    const outcome = await runChaos(drawPlan(seed)).catch((error: unknown): ChaosOutcome => ({
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
      workspace: 'unknown',
      commands: 0,
      blows: 0,
      tornFiles: 0,
      damagedJournals: 0,
      records: 0,
      requests: 0,
      failed: 0,
      held: 0,
      exits: [],
    }));
    note(seed, outcome, (performance.now() - startedMs) / 1000);
  }
};
await Promise.all(Array.from({ length: Math.min(parallel, runs) }, lane));

process.stdout.write(
  `${total.runs} runs (${total.commands} commands, ${total.requests} requests), ${total.records} records, ` +
    `${total.blows} blows, ${total.tornFiles} torn files, ${total.damagedJournals} damaged journals; ${total.logged} records failed and logged, ${total.held} of them in doubt; ` +
    `${wrongSeeds.length} wrong${wrongSeeds.length === 0 ? '' : `: seeds ${wrongSeeds.join(', ')}`}\n`,
);
process.exitCode = wrongSeeds.length === 0 ? 0 : 1;
