import type { LoadedConfiguration } from '../../src/config/load-configuration.js';
import type { RunRecord } from '../../src/run-record/run-record.js';
import { settingsRequest } from '../command-line/configured.js';
import type { Configured, FlagSettings } from '../command-line/shared-options.js';
import type { Asker } from './asker.js';
import { loadWithPrompts } from './load-with-prompts.js';

/**
 * The configuration with which something is done about a run: as the run recorded it, where nothing else is said now.
 * Throws what `loadWithPrompts` throws.
 */
export function loadForRun(
  command: Configured & { readonly useCurrentConfig: boolean },
  record: RunRecord,
  {
    flags = command.settings,
    readsSource = true,
    asker,
  }: {
    readonly flags?: FlagSettings;
    /** False: no source is read. */
    readonly readsSource?: boolean;
    readonly asker?: Asker;
  } = {},
): Promise<LoadedConfiguration> {
  const { config, useCurrentConfig } = command;
  return loadWithPrompts(
    {
      ...settingsRequest(command),
      ...(config.wasNamed || record.config_file === undefined ? {} : { file: record.config_file }),
      flags,
      recorded: record.sessions.at(-1)?.settings,
      workingDirectory: record.working_directory,
      useCurrentConfig,
      readsSource,
    },
    asker,
  );
}
