import { SuperviseError } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';
import type { ScriptDefinition } from '../command-line/script.js';
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

const names = scenarios.map(({ name }) => name).join(', ');

export const acceptanceScript: ScriptDefinition = {
  name: 'bench:acceptance',
  description: `Carries scenarios of bad days out against the sandbox, each with a line of figures, and ends with 1 when a promise is broken: ${names}. Without NAME all of them, one after the other.`,
  lasts: 'about a minute or less for each scenario',
  operand: 'NAME',
  options: [
    { name: '--records', placeholder: 'N', description: 'Rows of a scenario, from 500.' },
    { name: '--kills', placeholder: 'N', description: 'Kills, of those that have any.' },
  ],
  async run({ values, stop, progress, result }) {
    const wanted = scenarios.filter(({ name }) => name === (values.operand ?? name));
    if (wanted.length === 0)
      throw new SuperviseError('usage', `no scenario of this name; there are ${names}`);
    let isBroken = false;
    for (const { name, promise, usual, whyNot, run } of wanted) {
      const missing = whyNot?.();
      if (missing !== undefined) {
        if (wanted.length === 1) throw new SuperviseError('usage', `${name}: ${missing}`);
        result(`not tried ${name}: ${missing}`);
        continue;
      }
      progress(promise);
      const records = values.wholeNumber('--records', 500, 20_000_000) ?? usual.records;
      const kills = usual.kills === 0 ? 0 : (values.wholeNumber('--kills', 1, 1_000) ?? usual.kills);
      const startedMs = performance.now();
      const { figures, broken } = await run({ records, kills }, stop);
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      const words = Object.entries({ records, ...figures, seconds }).map(
        ([figure, count]) => `${figure} ${formatCount(count)}`,
      );
      result(`${broken.length === 0 ? 'kept' : 'BROKEN'} ${name}: ${words.join(', ')}`);
      for (const what of broken) result(`  ${what}`);
      isBroken ||= broken.length > 0;
    }
    return isBroken ? 1 : 0;
  },
};
