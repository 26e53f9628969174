import type { MovedPlace } from '../../src/config/merge-settings.js';
import { isLoopbackUrl } from '../../src/outside/hosts.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { Asker } from './asker.js';

/**
 * A run that is gone on with sends where today's configuration says, never where the run was recorded to send. Where the
 * two differ both are shown, and a person confirms, or `--use-current-config` has. Throws `config` or `interrupted`.
 */
export async function confirmMoved(moved: readonly MovedPlace[], asker: Asker): Promise<void> {
  if (moved.length === 0) return;
  const places = moved.map(
    ({ key, recorded, current, origin }) =>
      `  ${key}: the run has ${JSON.stringify(recorded)}, now it is ${JSON.stringify(current)} (${origin})`,
  );
  const difference = `the configuration goes elsewhere than the run that is gone on with:\n${places.join('\n')}`;
  if (!asker.canAsk()) {
    throw new SuperviseError('config', `${difference}\nnothing was sent`, {
      hint:
        'If the configuration of today is right, say --use-current-config. What the run recorded is never sent to.' +
        (moved.some(isOtherSandbox)
          ? ' For another sandbox, which has nothing of that run, begin a run of its own: load, without --start-or-resume.'
          : ''),
    });
  }
  const answer = await asker.text(`${difference}\nGo on with the configuration of today? (yes/no)`);
  if (['y', 'yes'].includes(answer?.trim().toLowerCase() ?? '')) return;
  throw new SuperviseError('interrupted', 'the configuration was not confirmed; nothing was sent');
}

function isOtherSandbox({ recorded, current }: MovedPlace): boolean {
  return isLoopbackUrl(recorded) && isLoopbackUrl(current);
}
