import * as z from 'zod';
import { settings } from './catalogue.js';
import type { Origins, Settings } from './configuration.js';
import { readPath } from './settings-tree.js';

/**
 * Settings as `run.json` holds them, by key (`skyflow.vaults[0].id` for those of a vault), each with its origin; a
 * secret by the number of its characters. What is not set is absent.
 */
export const recordedSettingsSchema = z.record(
  z.string(),
  z.union([
    z.strictObject({ value: z.unknown(), origin: z.string() }),
    z.strictObject({ secret_length: z.int().nonnegative(), origin: z.string() }),
  ]),
);
export type RecordedSettings = Readonly<z.infer<typeof recordedSettingsSchema>>;

/** Whether the elements of a list have keys of their own, which are recorded one by one. */
const isListOfSettings = (key: string): boolean => settings.some((one) => one.key.startsWith(`${key}[].`));

/** Every setting with where it came from, without any secret; a later run can start from it (`recorded`). */
export function redactConfiguration(configuration: Settings, origins: Origins): RecordedSettings {
  const recorded: z.infer<typeof recordedSettingsSchema> = {};
  const record = (key: string, secret: boolean) => {
    const value = readPath(configuration, key);
    if (value === undefined) return;
    const origin = origins[key] ?? 'default';
    recorded[key] = !secret
      ? { value, origin }
      : { secret_length: typeof value === 'string' ? value.length : 0, origin };
  };
  for (const { key, kind, secret: isSecret, commandFor } of settings) {
    if (kind === 'object' || isListOfSettings(key) || key === '$schema') continue;
    // A command is run only where it is configured today.
    const secret = isSecret || commandFor !== undefined;
    if (!key.includes('[]')) record(key, secret);
    else
      for (const index of configuration.skyflow.vaults.keys())
        record(key.replace('[]', `[${index}]`), secret);
  }
  return recorded;
}
