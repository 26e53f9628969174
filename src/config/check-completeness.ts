import { resolve } from 'node:path';
import { findSetting } from './catalogue.js';
import type { ConfigurationProblem } from './configuration-error.js';
import { isEncryptedKey } from './encrypted-key.js';
import { isLoopbackUrl } from './server-url.js';
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

export interface LoadIntent {
  /** Names given with `--vault`; undefined means all. */
  readonly selection: readonly string[] | undefined;
  /** False: only the vaults are used, not the source. */
  readonly readsSource: boolean;
  /** `--new-run`. */
  readonly newRun: boolean;
  /** Against which relative paths are resolved. */
  readonly workingDirectory: string;
}

const missing = (key: string, question: string): MissingSetting => {
  const setting = findSetting(key);
  return {
    key,
    question,
    secret: setting?.secret ?? false,
    flag: setting?.flag,
    variable: setting?.variable,
  };
};

/** What is still missing to log in, in the order in which to ask. */
function findMissing(
  view: SettingsView,
  hasCredential: boolean,
  { readsSource, workingDirectory }: LoadIntent,
): MissingSetting[] {
  const found = hasCredential ? [] : [missing('skyflow.bearer_token', 'Skyflow bearer token')];
  if (!readsSource || view.text('source') !== 'snowflake') return found;
  const login = missingLogin({
    authenticator: view.text('snowflake.authenticator') ?? 'snowflake',
    keyPath: view.text('snowflake.private_key_path'),
    workingDirectory,
    has: (name) => view.has(`snowflake.${name}`),
  });
  return [...found, ...login];
}

/** What is still missing to log in to Snowflake, in the order in which to ask. */
export function missingLogin(login: {
  readonly authenticator: string;
  readonly keyPath: string | undefined;
  /** Against which the path of the key is resolved. */
  readonly workingDirectory: string;
  readonly has: (
    setting: 'user' | 'password' | 'token_file' | 'oauth_token' | 'private_key_passphrase',
  ) => boolean;
}): MissingSetting[] {
  const { authenticator, keyPath, workingDirectory, has } = login;
  const found: MissingSetting[] = [];
  if (!has('user') && authenticator !== 'OAUTH') found.push(missing('snowflake.user', 'Snowflake user name'));
  switch (authenticator) {
    case 'snowflake':
      if (!has('password')) found.push(missing('snowflake.password', 'Snowflake password'));
      break;
    case 'programmatic_access_token':
      if (!has('token_file') && !has('password')) {
        found.push(missing('snowflake.password', 'Snowflake programmatic access token'));
      }
      break;
    case 'SNOWFLAKE_JWT': {
      const isOpen = has('private_key_passphrase') || keyPath === undefined;
      if (!isOpen && isEncryptedKey(resolve(workingDirectory, keyPath))) {
        found.push(missing('snowflake.private_key_passphrase', 'passphrase of the Snowflake private key'));
      }
      break;
    }
    case 'OAUTH':
      if (!has('token_file') && !has('oauth_token')) {
        found.push(missing('snowflake.oauth_token', 'Snowflake OAuth token'));
      }
      break;
  }
  return found;
}

/** A missing setting as a mistake, for where nobody can be asked. */
export function missingAsProblem({ key, question, flag, variable }: MissingSetting): ConfigurationProblem {
  const ways = [flag, variable, `the key ${key}`].filter((way) => way !== undefined);
  const last = ways.pop() ?? key;
  const others = key === 'skyflow.bearer_token' ? ' (or bearer_token_file, api_key, credentials_file)' : '';
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

function checkSnowflake(view: SettingsView, intent: LoadIntent): void {
  if (!view.has('snowflake.account')) {
    view.report(
      'snowflake.account',
      'nothing',
      'an account identifier, such as ORG-ACCOUNT; there is no default',
    );
  }
  for (const name of ['account', 'warehouse', 'database', 'schema', 'role']) {
    const key = `snowflake.${name}`;
    if (view.text(key)?.startsWith('YOUR_') !== true) continue;
    view.report(key, "the example's placeholder", 'a name of yours, or nothing');
  }
  if (view.text('snowflake.authenticator') === 'SNOWFLAKE_JWT' && !view.has('snowflake.private_key_path')) {
    view.report('snowflake.private_key_path', 'nothing', 'the PEM file of the private key for SNOWFLAKE_JWT');
  }
  if (view.text('snowflake.query_mode') === 'custom') {
    for (let index = 0; index < (view.vaultCount ?? 0); index += 1) {
      const name = view.text(`skyflow.vaults[${index}].name`)?.toLowerCase();
      const chosen = intent.selection?.some((wanted) => wanted.toLowerCase() === name) ?? true;
      if (chosen && !view.has(`skyflow.vaults[${index}].query`)) {
        view.report(
          `skyflow.vaults[${index}].query`,
          'nothing',
          'the SQL of this vault, for query_mode custom',
        );
      }
    }
  }
  // A new run asks anew and may get other positions: only an upsert of unchanged values is safe then.
  const again = intent.newRun && view.boolean('skyflow.upsert') === true;
  if (again && view.boolean('performance.append_suffix') === true) {
    view.report('performance.append_suffix', 'true together with --new-run and upsert', 'false');
  }
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
  const { readsSource } = intent;
  if (readsSource) checkSuffix(view);
  if (readsSource && view.text('source') === 'snowflake') checkSnowflake(view, intent);
  return findMissing(view, hasCredential, intent);
}
