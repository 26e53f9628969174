import type { Scenario } from './scenario.js';
import { append } from './scenarios/append.js';
import { echoedFailures } from './scenarios/echoes.js';
import { fallingLimit } from './scenarios/falling-limit.js';
import { kills } from './scenarios/kills.js';
import { longPause } from './scenarios/long-pause.js';
import { lostAnswers } from './scenarios/lost-answers.js';
import { pods } from './scenarios/pods.js';
import { sharedRate } from './scenarios/shared-rate.js';
import { undo } from './scenarios/undo.js';
import { workers } from './scenarios/workers.js';

/** The ten acceptance tests, in the order in which they are told. */
export const scenarios: readonly Scenario[] = [
  append,
  sharedRate,
  lostAnswers,
  kills,
  longPause,
  pods,
  workers,
  fallingLimit,
  undo,
  echoedFailures,
];
