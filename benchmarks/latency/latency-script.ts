import type { ScriptDefinition } from '../command-line/script.js';
import { targetOptions } from '../load/open-bench.js';

/** What `bench:latency` takes on its command line. */
export const latencyScript: ScriptDefinition = {
  name: 'bench:latency',
  description:
    'Measures throughput over theory (concurrency x batch / latency) for a grid of concurrencies and latencies. The clock runs from the first row to the last answer: opening the connections is included, the start of the processes is not; a second table has the whole command.',
  options: [
    { name: '--concurrency', placeholder: 'N,...', description: 'Workers (default: 8,32,128,256).' },
    {
      name: '--latency',
      placeholder: 'MS,...',
      description: 'Latencies in milliseconds (default: 20,100,200,500).',
    },
    { name: '--batch-size', placeholder: 'N', description: 'Records of a request (default: 300).' },
    {
      name: '--seconds',
      placeholder: 'N',
      description: 'How long a load takes if latency is all that counts (default: 5).',
    },
    {
      name: '--records',
      placeholder: 'N',
      description: 'The most records of one load (default: 1000000).',
    },
    { name: '--repetitions', placeholder: 'N', description: 'Loads of each cell (default: 3).' },
    ...targetOptions,
    { name: '--json', description: 'One JSON document on stdout.' },
    { name: '--markdown', description: 'Print the tables in Markdown.' },
  ],
};
