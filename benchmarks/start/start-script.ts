import type { ScriptDefinition } from '../command-line/script.js';

/** What `bench:start` takes on its command line. */
export const startScript: ScriptDefinition = {
  name: 'bench:start',
  description:
    'Measures the time from the start of skyflow-supervise with four vaults to their first requests.',
  options: [
    { name: '--rounds', placeholder: 'N', description: 'Starts (default: 10).' },
    { name: '--markdown', description: 'Print the table in Markdown.' },
  ],
};
