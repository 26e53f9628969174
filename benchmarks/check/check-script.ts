import type { ScriptDefinition } from '../command-line/script.js';

/** What `bench:check` takes on its command line. */
export const checkScript: ScriptDefinition = {
  name: 'bench:check',
  description:
    'Counts what a busy machine cannot change (bytes allocated, journal lines and bytes, messages) in a load of 60,000 records, and fails when a figure is above its limit in benchmarks/check/limits.ts.',
  options: [],
};
