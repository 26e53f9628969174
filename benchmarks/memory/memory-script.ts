import type { ScriptDefinition } from '../command-line/script.js';

/** What `bench:memory` takes on its command line. */
export const memoryScript: ScriptDefinition = {
  name: 'bench:memory',
  description:
    "Measures a child's resident memory over the time of loads of different sizes: it must not grow with the number of records.",
  options: [
    {
      name: '--records',
      placeholder: 'N,...',
      description: 'Records of each load, the smallest first (default: 200000,1000000,5000000).',
    },
    { name: '--markdown', description: 'Print the table in Markdown.' },
  ],
};
