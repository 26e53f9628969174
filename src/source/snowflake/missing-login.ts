import { resolve } from 'node:path';
import { readFileSync, statSync } from 'node:fs';
import type { WantedSetting } from '../source-kind.js';

type LoginSetting = 'user' | 'password' | 'token_file' | 'oauth_token' | 'private_key_passphrase';

/** What is still missing to log in to Snowflake, in the order in which to ask. */
export function missingLogin(login: {
  readonly authenticator: string;
  readonly keyPath: string | undefined;
  /** Against which the path of the key is resolved. */
  readonly workingDirectory: string;
  readonly has: (setting: LoginSetting) => boolean;
}): readonly WantedSetting[] {
  const { authenticator, keyPath, workingDirectory, has } = login;
  const found: WantedSetting[] = [];
  const want = (setting: LoginSetting, question: string): void => {
    found.push({ key: `snowflake.${setting}`, question });
  };
  if (!has('user') && authenticator !== 'OAUTH') want('user', 'Snowflake user name');
  switch (authenticator) {
    case 'snowflake':
      if (!has('password')) want('password', 'Snowflake password');
      break;
    case 'programmatic_access_token':
      if (!has('token_file') && !has('password')) want('password', 'Snowflake programmatic access token');
      break;
    case 'SNOWFLAKE_JWT': {
      const isOpen = has('private_key_passphrase') || keyPath === undefined;
      if (!isOpen && isEncryptedKey(resolve(workingDirectory, keyPath)))
        want('private_key_passphrase', 'passphrase of the Snowflake private key');
      break;
    }
    case 'OAUTH':
      if (!has('token_file') && !has('oauth_token')) want('oauth_token', 'Snowflake OAuth token');
      break;
  }
  return found;
}

/** Whether a PEM file holds a private key that needs a passphrase; false for a file that cannot be read. */
function isEncryptedKey(path: string): boolean {
  try {
    // Reading from a pipe would wait, and take what is meant for somebody else.
    if (!statSync(path).isFile()) return false;
    return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}
