import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChaos } from './chaos-run.js';
import { drawPlan } from './draw-plan.js';

// The short form of `npm run test:chaos`: a few seeds that between them have every kind of blow.
const seeds = [4, 11, 19, 21, 26];

for (const seed of seeds) {
  test(`after faults, kills and torn files the vault holds exactly the source minus the logged failures (seed ${seed})`, async () => {
    const outcome = await runChaos(drawPlan(seed, 'small'));

    assert.deepEqual(
      outcome.problems,
      [],
      `commands ended ${outcome.exits.join(' ')}; workspace ${outcome.workspace}`,
    );
  });
}
