import type { Settings } from '../../src/config/configuration.js';
import { loadSettings, type SettingsRequest } from '../../src/config/load-configuration.js';
import type { Configured } from './shared-options.js';

/** Where the settings of a command come from. */
export function settingsRequest({ config, settings }: Configured): SettingsRequest {
  return {
    file: config.file,
    fileWasNamed: config.wasNamed,
    environment: process.env,
    flags: settings,
  };
}

/** The settings of a command that needs them not to be enough for a load. Throws `config`. */
export function settingsOf(command: Configured): Settings {
  return loadSettings(settingsRequest(command)).settings;
}
