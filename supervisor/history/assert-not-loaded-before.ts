import type { Configuration } from '../../src/config/configuration.js';
import { askTypedId } from '../ask/ask-person.js';
import { canAsk } from '../ask/prompt.js';
import type { LoadCommand } from '../commands/load/definition.js';
import {
  describeShared,
  findSharedLoads,
  mayLoadAgain,
  refusal,
  type IntendedLoad,
} from './refuse-second-load.js';

/**
 * Throws `usage`, with the whole command that goes on, when an earlier run has loaded some of what is to be loaded
 * into the same table: nothing has been started then. With `--new-run` whoever sits at the terminal types the name
 * of each such vault.
 */
export async function assertNotLoadedBefore(
  configuration: Configuration,
  loads: readonly IntendedLoad[],
  command: LoadCommand,
): Promise<void> {
  if (mayLoadAgain(configuration)) return;
  const asks = command.newRun && !command.yes && canAsk();
  if (command.newRun && !asks) return;
  const shared = await findSharedLoads(configuration, loads);
  const [first, ...more] = shared;
  if (first === undefined) return;
  if (!asks) {
    const selected = loads.map(({ vault }) => vault.name);
    throw refusal([first, ...more], configuration, { given: command, selected });
  }
  for (const one of shared) {
    await askTypedId(`${describeShared(one)}.\nType ${one.vault} to insert its rows once more:`, one.vault);
  }
}
