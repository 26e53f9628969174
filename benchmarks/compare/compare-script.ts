import type { ScriptDefinition } from '../command-line/script.js';

/** What `bench:compare` takes on its command line. */
export const compareScript: ScriptDefinition = {
  name: 'bench:compare',
  description:
    'Compares this checkout with another commit: builds BASE in a temporary folder, loads the same records with both in turn (A B, B A, ...) into a sandbox, and gives the ratio of CPU time and of wall time with its 95 % interval. Says "no difference resolved" when the interval includes 1.',
  operand: 'BASE',
  options: [
    { name: '--records', placeholder: 'N', description: 'Records of each load (default: 200000).' },
    { name: '--pairs', placeholder: 'N', description: 'Loads of each side, at least 2 (default: 9).' },
    {
      name: '--latency',
      placeholder: 'MS',
      description: 'Latency of the sandbox in milliseconds (default: 0, so that the program is the limit).',
    },
    { name: '--concurrency', placeholder: 'N', description: 'Workers (default: 32).' },
    { name: '--batch-size', placeholder: 'N', description: 'Records of a request (default: 300).' },
    { name: '--json', description: 'One JSON document on stdout.' },
    { name: '--markdown', description: 'Print the table in Markdown.' },
  ],
};
