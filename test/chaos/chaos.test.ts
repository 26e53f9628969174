import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChaos } from './chaos-run.js';
import type { ChaosKind } from './draw-kinds.js';
import { drawPlan } from './draw-plan.js';

// The short form of `npm run test:chaos`: a few seeds that between them have every kind of blow, and every kind of chaos.
const runs: readonly (readonly [seed: number, kinds: readonly ChaosKind[]])[] = [
  [4, ['lying answers']],
  [11, ['gateways', 'followed advice']],
  [19, ['moving files']],
  [21, ['dead outputs']],
  [26, ['followed advice']],
];

for (const [seed, kinds] of runs) {
  test(`after faults, kills, torn files and ${kinds.join(', ')} the vault holds exactly the source minus the logged failures (seed ${seed})`, async () => {
    const outcome = await runChaos(drawPlan(seed, 'small', kinds));

    assert.deepEqual(
      outcome.problems,
      [],
      `commands ended ${outcome.exits.join(' ')}; workspace ${outcome.workspace}`,
    );
  });
}
