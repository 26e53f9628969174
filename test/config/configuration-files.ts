import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { loadConfiguration, type LoadRequest } from '../../src/config/load-configuration.js';
import { newFolder } from '../support/temporary-folder.js';

/** A directory of its own for a test, removed afterwards. */
export function temporaryDirectory(t: TestContext): string {
  const directory = newFolder(join(tmpdir(), 'config-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A configuration file of mode 0600 with this content, a text as it is. */
export function writeConfiguration(t: TestContext, content: unknown): string {
  const file = join(temporaryDirectory(t), 'config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return file;
}

/** The smallest configuration that loads, towards this machine. */
export function localConfiguration() {
  return {
    skyflow: {
      vault_url: 'http://127.0.0.1:8080',
      bearer_token: 'a-token',
      vaults: [{ name: 'NAME', id: 'v1', column: 'name' }],
    },
  };
}

/** The smallest configuration that loads, towards a real vault. */
export function realConfiguration() {
  const { skyflow } = localConfiguration();
  return {
    skyflow: { ...skyflow, vault_url: 'https://abc.vault.skyflowapis.com' },
    performance: { append_suffix: false },
  };
}

/** The error with which a configuration is refused. */
export function refusal(
  t: TestContext,
  content: unknown,
  request: Partial<LoadRequest> = {},
): ConfigurationError {
  const file = writeConfiguration(t, content);
  try {
    loadConfiguration({ file, environment: {}, ...request });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
