import type * as Duckdb from '@duckdb/node-api';
import { SuperviseError } from '../../errors/supervise-error.js';

export type DuckdbModule = typeof Duckdb;

/**
 * The SQL engine, loaded when it is first needed: it is an optional dependency, and everything else works
 * without it. Throws `usage` with what to install when it is missing.
 */
export async function loadDuckdb(
  importModule: () => Promise<DuckdbModule> = () => import('@duckdb/node-api'),
): Promise<DuckdbModule> {
  try {
    return await importModule();
  } catch (cause) {
    throw new SuperviseError(
      'usage',
      "The sandbox's Snowflake runs its SQL on DuckDB, which cannot be loaded.",
      {
        hint: 'Install it with `npm install @duckdb/node-api`, then start the sandbox again.',
        cause,
      },
    );
  }
}
