import { errorFacts } from '../../../src/errors/supervise-error.js';
import type { CheckCommand } from './definition.js';
import { findSharedLoads, intendedLoad, mayLoadAgain, refusal } from '../../history/refuse-second-load.js';
import type { Finding } from '../../../src/source/finding.js';
import type { CheckSubject } from './check-configuration.js';

/** Whether an earlier run has loaded some of the same input: a load would be refused, with the command that goes on. */
export async function checkLoadedBefore(
  { settings, vaults }: CheckSubject,
  command: CheckCommand,
): Promise<Finding[]> {
  if (mayLoadAgain(settings)) return [];
  const shared = await findSharedLoads(
    settings,
    vaults.map((vault) => intendedLoad(vault, settings)),
  );
  return shared.map((one): Finding => {
    const { message, hint } = errorFacts(refusal([one], settings, { given: command, selected: [one.vault] }));
    return { status: 'bad', subject: one.vault, message: message.replace(`vault ${one.vault}: `, ''), hint };
  });
}
