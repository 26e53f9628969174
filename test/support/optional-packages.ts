import { createRequire } from 'node:module';

/**
 * Why tests that need a package are skipped; false where it is installed. `npm ci --omit=optional` installs none of these:
 * what is left is a program for files alone, and every test but those that are skipped by name.
 */
export const withoutDriver = whyWithout('snowflake-sdk');
/** What hands shards of a run out to several machines. */
export const withoutQueue = whyWithout('bullmq');
/** The engine that runs the sandbox's SQL, and writes Parquet for tests: its library is an optional part of a package. */
export const withoutEngine = whyWithout('@duckdb/node-bindings', (load, name) => load(name));

/** Whole folders (parts of paths) whose files are skipped, by name, where a package is not installed. */
export const skipRules: readonly (readonly [part: string, missing: string | false])[] = [
  ['snowflake', withoutDriver],
  ['snowflake', withoutEngine],
  ['cluster/', withoutQueue],
  ['store/', withoutQueue],
  ['source/parquet/', withoutEngine],
  ['by-postgres', withoutQueue],
  ['demo/machines', withoutQueue],
  ['lanes/sources', withoutQueue],
  ['lanes/sources', withoutDriver],
  ['lanes/sources', withoutEngine],
];

/** Why a file of tests is skipped as a whole; undefined: it is not. */
export function whySkipped(file: string): string | undefined {
  return skipRules.flatMap(([part, missing]) =>
    missing !== false && file.includes(part) ? [missing] : [],
  )[0];
}

function whyWithout(
  name: string,
  find = (load: NodeJS.Require, wanted: string): unknown => load.resolve(wanted),
): string | false {
  try {
    find(createRequire(import.meta.url), name);
    return false;
  } catch {
    return `${name} is not installed`;
  }
}
