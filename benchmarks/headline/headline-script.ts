import type { ScriptDefinition } from '../command-line/script.js';
import { targetOptions } from '../load/open-bench.js';

/** What `bench:headline` takes on its command line. */
export const headlineScript: ScriptDefinition = {
  name: 'bench:headline',
  description:
    "The reference's headline on the sandbox: 100,000 records into each of four vaults in at most 12 s, 1,000,000 in at most 2 minutes, at 32 workers and batches of 300. Measured is the whole command. The reference gives its latencies in several places that do not agree; each is a profile.",
  options: [
    {
      name: '--records',
      placeholder: 'N,...',
      description: 'Records for each vault (default: 100000,1000000); the target is 12 s for each 100,000.',
    },
    {
      name: '--latency',
      placeholder: 'P,...',
      description:
        'Profiles or milliseconds (default: breakdown,implied). breakdown is 212 ms on average, implied 980 ms, live 1280 ms: at live no loader can reach the target.',
    },
    { name: '--repetitions', placeholder: 'N', description: 'Loads of each size and latency (default: 3).' },
    {
      name: '--vaults',
      placeholder: 'N',
      description: 'Vaults of the sandbox that are loaded at the same time, 1 to 4 (default: 4).',
    },
    { name: '--concurrency', placeholder: 'N', description: 'Workers of each vault (default: 32).' },
    { name: '--batch-size', placeholder: 'N', description: 'Records of a request (default: 300).' },
    ...targetOptions,
    { name: '--json', description: 'One JSON document on stdout.' },
    { name: '--markdown', description: 'Print the table in Markdown.' },
  ],
};
