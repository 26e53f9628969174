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
