import type { Configuration, Origins, Settings, VaultSettings } from '../../../src/config/configuration.js';
import { ConfigurationError } from '../../../src/config/configuration-error.js';
import { loadSettings, type SettingsRequest } from '../../../src/config/load-configuration.js';
import { selectVaults } from '../../../src/config/select-vaults.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { loadWithPrompts } from '../../ask/load-with-prompts.js';
import { flagsOfOtherSources } from '../../command-line/flags-of-other-sources.js';
import type { CheckCommand } from './definition.js';
import { thrownFinding, type Finding } from '../../../src/source/finding.js';
import { settingsRequest } from '../../command-line/configured.js';

/** What the other checks look at: as much of the configuration as can be understood. */
export interface CheckSubject {
  readonly settings: Settings;
  readonly origins: Origins;
  /** Undefined where it is not complete. */
  readonly configuration?: Configuration | undefined;
  /** The chosen vaults. */
  readonly vaults: readonly VaultSettings[];
}

/**
 * Reads the configuration as a load would. With mistakes that leave every key readable (something is missing) the
 * subject is there all the same, so that the rest can be looked at. Throws only `interrupted`, at a question.
 */
export async function readConfiguration(
  command: CheckCommand,
): Promise<{ readonly subject: CheckSubject | undefined; readonly findings: readonly Finding[] }> {
  const request = settingsRequest(command);
  try {
    const loaded = await loadWithPrompts({ ...request, selection: command.vaults, newRun: false });
    const { configuration, origins, warnings } = loaded;
    const subject = subjectOf({ settings: configuration, origins, configuration }, command);
    return {
      subject,
      findings: [
        { status: 'good', message: describe(command.config.file, subject) },
        ...flagsOfOtherSources(command, configuration).map((message): Finding => ({
          status: 'bad',
          message,
          hint: 'Leave it out, or say --source.',
        })),
        ...warnings.map((message): Finding => ({ status: 'warn', message })),
        ...remarksOn(configuration, origins['performance.max_records'] === 'default'),
      ],
    };
  } catch (error) {
    if (error instanceof SuperviseError && error.code === 'interrupted') throw error;
    return { subject: readWhatCanBeRead(request, command), findings: mistakesIn(error) };
  }
}

function subjectOf(loaded: Omit<CheckSubject, 'vaults'>, command: CheckCommand): CheckSubject {
  const { settings } = loaded;
  return { ...loaded, vaults: selectVaults(settings.skyflow.vaults, command.vaults).selected };
}

function readWhatCanBeRead(request: SettingsRequest, command: CheckCommand): CheckSubject | undefined {
  try {
    return subjectOf(loadSettings(request), command);
  } catch {
    return undefined;
  }
}

function describe(file: string, { settings, vaults }: CheckSubject): string {
  const names = vaults.map(({ name }) => name);
  const shown = names.length > 8 ? [...names.slice(0, 8), '…'] : names;
  const count = `${vaults.length} vault${vaults.length === 1 ? '' : 's'}`;
  return `${file}: ${count} (${shown.join(', ')}), from ${kindOf(settings).title}`;
}

function mistakesIn(error: unknown): Finding[] {
  if (!(error instanceof ConfigurationError)) return [thrownFinding(error)];
  return error.problems.map(({ key, found, allowed, suggestion, where }): Finding => ({
    status: 'bad',
    message: `${key}${where === undefined ? '' : ` (${where})`}: found ${found}`,
    hint: `Allowed: ${allowed}${suggestion === undefined ? '' : `; ${suggestion}`}`,
  }));
}

function remarksOn({ performance }: Settings, limitIsDefault: boolean): Finding[] {
  const findings: Finding[] = [];
  if (limitIsDefault) {
    findings.push({
      status: 'warn',
      message: `at most ${formatCount(performance.max_records)} rows of each vault are loaded, the default limit`,
      hint: '--max-records 0 loads everything.',
    });
  }
  if (performance.append_suffix === true) {
    findings.push({
      status: 'warn',
      message: 'append_suffix is on: it changes every value and token',
      hint: '--append-suffix=false loads the data as it is.',
    });
  }
  return findings;
}
