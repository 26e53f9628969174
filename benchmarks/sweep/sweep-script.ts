import type { ScriptDefinition } from '../command-line/script.js';
import { targetOptions } from '../load/open-bench.js';
import { sweeps, type SweepName } from './configurations.js';
import { runSweep } from './run-sweep.js';

/** What a sweep takes on its command line. */
export function sweepScript(sweep: SweepName): ScriptDefinition {
  return {
    name: `bench:${sweep}`,
    description: `Loads ${sweeps[sweep].length} combinations of concurrency and batch size through skyflow-supervise, each several times in alternating order, and writes a row for each load into benchmark_results_<timestamp>.csv. Ctrl-C leaves a file that --resume goes on with.`,
    lasts: 'minutes to hours: how long its loads take is said before the first one',
    options: [
      {
        name: '--records',
        placeholder: 'N',
        description: 'Records for each vault in each load (default: --rounds batches for each worker).',
      },
      {
        name: '--rounds',
        placeholder: 'N',
        description:
          'Batches that each worker sends, which makes loads equally long (default: 20; with --target 4).',
      },
      { name: '--repetitions', placeholder: 'N', description: 'Loads of each combination (default: 3).' },
      {
        name: '--configurations',
        placeholder: 'C/B,...',
        description: 'Others than the usual combinations, such as 32/300,64/300.',
      },
      {
        name: '--latency',
        placeholder: 'PROFILE',
        description:
          "The sandbox's: realistic, breakdown, implied, live, or milliseconds (default: realistic, 592 ms on average).",
      },
      {
        name: '--vaults',
        placeholder: 'N',
        description: 'Vaults of the sandbox that are loaded at the same time, 1 to 4 (default: 1).',
      },
      ...targetOptions,
      { name: '--output', placeholder: 'FILE', description: 'Another name for the CSV file.' },
      {
        name: '--resume',
        placeholder: 'FILE',
        description: 'Go on with this file; everything else is as it was.',
      },
      { name: '--markdown', description: 'Print the table of medians in Markdown.' },
    ],
    run: (context) => runSweep(context, sweep),
  };
}
