import type { Settings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import type { TextStyle } from '../../../src/report/text-style.js';
import { exitCodeOf } from '../check/check.js';
import { checkCredentials } from '../check/check-credential.js';
import { checkVaults } from '../check/check-vaults.js';
import { renderGroup } from '../check/render-check.js';
import type { QuestionTopic } from './interview.js';
import { StopSignals } from '../../process/stop-signals.js';
import { writeForPeople } from '../../view/write-for-people.js';

/** Tries credential and vaults as `check` does, and shows what was found. Gives what must be answered otherwise. */
export async function tryVaults(settings: Settings, style: TextStyle): Promise<readonly QuestionTopic[]> {
  const signals = new StopSignals();
  const { stopping } = signals;
  try {
    const credentials = await checkCredentials(settings, stopping);
    const subject = { settings, vaults: settings.skyflow.vaults };
    const vaults = await checkVaults(subject, credentials.ready, stopping);
    const groups = [
      { group: 'Credential', findings: credentials.findings },
      { group: 'Vaults', findings: vaults },
    ];
    writeForPeople(process.stderr, `\n${groups.map((group) => renderGroup(group, style)).join('')}`);
    if (exitCodeOf(credentials.findings) !== 0) return ['credential'];
    const wrong = vaults.filter(({ status }) => status === 'bad');
    if (wrong.length === 0) return [];
    return wrong.every(({ about }) => about === 'credential')
      ? ['credential']
      : ['url', 'vaults', 'credential'];
  } catch (error) {
    if (stopping.aborted) throw new SuperviseError('interrupted', 'stopped; nothing was written');
    throw error;
  } finally {
    signals.close();
  }
}
