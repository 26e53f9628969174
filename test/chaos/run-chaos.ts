import { parseArgs } from 'node:util';
import { chaosKinds, type ChaosKind } from './draw-kinds.js';
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

/** Runs that had a kind, and what it did in them; `blows and damage alone`: those that had none. */
const table = new Map(
  ([...chaosKinds, 'blows alone'] as const).map((kind) => [
    kind,
    { runs: 0, commands: 0, requests: 0, events: 0, wrong: 0 },
  ]),
);

const eventWords = {
  'lying answers': 'answers that may lie',
  gateways: 'answers of another status than 200 and 429',
  'moving files': 'files moved under a load',
  'dead outputs': 'commands without an output',
  'followed advice': 'commands followed',
  'blows alone': 'blows',
} satisfies Record<ChaosKind | 'blows alone', string>;

/** How often a kind struck, where it can be counted. */
function eventsOf(kind: ChaosKind | 'blows alone', outcome: ChaosOutcome): number {
  switch (kind) {
    case 'moving files':
      return outcome.moves;
    case 'dead outputs':
      return outcome.deadOutputs;
    case 'followed advice':
      return outcome.followed;
    case 'gateways':
      return outcome.otherAnswers;
    case 'lying answers':
      return outcome.requests - outcome.otherAnswers;
    case 'blows alone':
      return outcome.blows;
    default:
      return kind satisfies never;
  }
}

function tabulate(kinds: readonly ChaosKind[], outcome: ChaosOutcome): void {
  for (const kind of kinds.length === 0 ? (['blows alone'] as const) : kinds) {
    const row = table.get(kind);
    if (row === undefined) continue;
    row.runs += 1;
    row.commands += outcome.commands;
    row.requests += outcome.requests;
    row.events += eventsOf(kind, outcome);
    if (outcome.problems.length > 0) row.wrong += 1;
  }
}

function note(seed: number, outcome: ChaosOutcome, seconds: number): void {
  const isWrong = outcome.problems.length > 0;
  const { kinds } = drawPlan(seed);
  tabulate(kinds, outcome);
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
    `${isWrong ? 'WRONG' : 'right'} seed ${seed} (${kinds.join(', ') || 'blows alone'}): ${outcome.records} rows, commands ended ${outcome.exits.join(' ')}, ` +
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
      ...{ moves: 0, deadOutputs: 0, followed: 0, otherAnswers: 0 },
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
for (const [kind, { runs: had, commands, requests, events, wrong }] of table) {
  process.stdout.write(
    `${kind.padEnd(15)} ${had} runs, ${commands} commands, ${requests} requests, ${events} ${eventWords[kind]}, ${wrong} wrong\n`,
  );
}
process.exitCode = wrongSeeds.length === 0 ? 0 : 1;
