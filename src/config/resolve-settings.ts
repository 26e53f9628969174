import { resolve } from 'node:path';
import { singleSettings } from './catalogue.js';
import { sourceKinds } from '../source/source-kinds.js';
import { resolveSections, resolveVaultKeys } from '../source/source-settings.js';
import type { Settings } from './configuration.js';
import type { ParsedConfiguration } from './schema.js';
import { readPath, writePath } from './settings-tree.js';

function absolutePaths(parsed: ParsedConfiguration, workingDirectory: string): ParsedConfiguration {
  const copy = structuredClone(parsed);
  for (const { key, path } of singleSettings) {
    const value = path ? readPath(copy, key) : undefined;
    if (typeof value === 'string') writePath(copy, key, resolve(workingDirectory, value));
  }
  return copy;
}

/** Freezes a value and everything in it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** Fills in the defaults that depend on other keys and makes paths absolute. */
export function resolveSettings(parsed: ParsedConfiguration, workingDirectory: string): Settings {
  const absolute = absolutePaths(parsed, workingDirectory);
  const { source, run_dir, web, skyflow, error_log, performance, store } = absolute;
  return deepFreeze({
    source,
    run_dir,
    web,
    error_log,
    store,
    skyflow: {
      ...skyflow,
      vaults: skyflow.vaults.map((vault) => ({
        ...vault,
        table: vault.table ?? vault.column,
        ...resolveVaultKeys(vault, absolute),
      })),
    },
    ...resolveSections(absolute),
    performance: {
      ...performance,
      max_records: performance.max_records ?? sourceKinds[source].usualMaxRecords,
    },
  });
}
