import { SuperviseError } from '../../../src/errors/supervise-error.js';
import type { Finding } from '../../../src/source/finding.js';
import { assertDestructible } from '../../ask/destruction-guard.js';
import type { RunView } from '../../view/run-view.js';
import { runUnrecorded } from '../../run/run-unrecorded.js';
import type { CheckSubject } from './check-configuration.js';
import { notCheckedFor } from './check-vaults.js';
import { leftBehind } from '../qualify/qualify-command.js';

const nothing = (): undefined => undefined;
/** What is found is told as findings. */
const silent: RunView = {
  ...{ begun: nothing, changed: nothing, notice: nothing, ended: nothing, settled: nothing },
  suspend: () => nothing,
};

/** Inserts a record for each form of tokens into test vaults, and says what came of it; it is deleted again. */
export async function probeTokens({
  configuration,
  origins,
  vaults,
}: CheckSubject): Promise<readonly Finding[]> {
  if (configuration === undefined)
    return notCheckedFor(vaults, 'not probed: needs a configuration that is complete');
  assertDestructible(vaults);
  const task = { kind: 'qualify', pollMs: 0, only: 'tokens' } as const;
  const { outcomes } = await runUnrecorded({ configuration, origins, vaults, task, view: silent });
  return outcomes.flatMap(({ name: subject, findings, error }): Finding[] => {
    if (findings?.kind !== 'qualify') {
      const { message, hint } = error ?? new SuperviseError('internal', 'not probed');
      return [{ status: 'bad', subject, message, hint }];
    }
    const { inserted, deleted, unaccounted } = findings.test_records;
    const { left_behind: before } = findings;
    const left = inserted - deleted + unaccounted + before.unaccounted;
    const facts = findings.facts.map(({ answer, settings }): Finding => {
      const kept = answer.includes(': kept');
      const hint =
        settings === null
          ? undefined
          : `Set ${Object.entries(settings)
              .map(([key, value]) => `${key} to ${JSON.stringify(value)}`)
              .join(', ')}.`;
      return {
        status: kept ? 'good' : 'bad',
        subject,
        message: `tokens that are brought along: ${answer}`,
        hint,
      };
    });
    if (before.deleted > 0) facts.push({ status: 'good', subject, message: leftBehind(before.deleted) });
    if (left > 0)
      facts.push({ status: 'warn', subject, message: `${left} test records may be left in the vault` });
    return facts;
  });
}
