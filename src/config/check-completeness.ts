import type { WantedSetting, LoadIntent } from '../source/source-kind.js';
import { sourceKinds } from '../source/source-kinds.js';
import { sourceNames } from '../source/source-settings.js';
import { findSetting } from './catalogue.js';
import type { ConfigurationProblem } from './configuration-error.js';
import { isLoopbackUrl } from '../outside/hosts.js';
import { unknownVaults } from './select-vaults.js';
import type { SettingsView } from './settings-view.js';

/** A setting that is missing and that a person may be asked for. */
export interface MissingSetting {
  readonly key: string;
  /** What to ask for. */
  readonly question: string;
  /** Whether the answer must not be shown while it is typed. */
  readonly secret: boolean;
  readonly flag: string | undefined;
  readonly variable: string | undefined;
}

/** A setting that is missing, with the ways to give it. */
export function missingSetting({ key, question }: WantedSetting): MissingSetting {
  const setting = findSetting(key);
  return {
    key,
    question,
    secret: setting?.secret ?? false,
    flag: setting?.flag,
    variable: setting?.variable,
  };
}

/** A missing setting as a mistake, for where nobody can be asked. */
export function missingAsProblem({ key, question, flag, variable }: MissingSetting): ConfigurationProblem {
  const ways = [flag, variable, `the key ${key}`].filter((way) => way !== undefined);
  const last = ways.pop() ?? key;
  const others =
    key === 'skyflow.bearer_token'
      ? ' (or bearer_token_command, bearer_token_file, api_key, credentials_file)'
      : '';
  return {
    key,
    found: 'nothing',
    allowed: `a ${question} by ${ways.join(', ')} or ${last}${others}`,
  };
}

function checkSuffix(view: SettingsView): void {
  const url = view.text('skyflow.vault_url');
  if (url === undefined || isLoopbackUrl(url) || view.has('performance.append_suffix')) return;
  view.report(
    'performance.append_suffix',
    'nothing',
    'true or false, said explicitly for a vault that is not on this machine',
    'its default, true, would append a random suffix to every value and token, as load tests need and real data ' +
      'must not have: say "append_suffix": false or --append-suffix=false to load the data as it is',
  );
}

/** Checks that a load has everything it needs; returns what a person may still be asked for. */
export function checkCompleteness(
  view: SettingsView,
  hasCredential: boolean,
  intent: LoadIntent,
): readonly MissingSetting[] {
  if (!view.has('skyflow.vault_url')) {
    const { allowed, flag, variable } = findSetting('skyflow.vault_url') ?? { allowed: 'a URL' };
    view.report('skyflow.vault_url', 'nothing', allowed, `also by ${flag ?? ''} or ${variable ?? ''}`);
  }
  if (view.vaultCount === 0 || !view.has('skyflow.vaults')) {
    view.report('skyflow.vaults', 'no vault', 'a list of at least one vault, each with name, id and column');
  } else if (intent.selection !== undefined && view.vaultCount !== undefined) {
    const names = Array.from({ length: view.vaultCount }, (_, index) =>
      view.text(`skyflow.vaults[${index}].name`),
    );
    view.problems.push(
      ...unknownVaults(
        names.filter((name) => name !== undefined),
        intent.selection,
      ),
    );
  }
  if (intent.readsSource) checkSuffix(view);
  const source = sourceNames.find((name) => name === view.text('source')) ?? sourceNames[0];
  const ofSource = intent.readsSource ? sourceKinds[source].complete(view, intent) : [];
  const ofVault = hasCredential ? [] : [{ key: 'skyflow.bearer_token', question: 'Skyflow bearer token' }];
  return [...ofVault, ...ofSource].map(missingSetting);
}
