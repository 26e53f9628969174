import type { ScriptDefinition } from '../command-line/script.js';

/** What `bench:limit` takes on its command line. */
export const limitScript: ScriptDefinition = {
  name: 'bench:limit',
  description:
    'Compares what a record costs in CPU time (user and system) with the least that HTTP allows: "undici" posts bodies that were built beforehand and parses the answers; "pipeline" reads a CSV pair, builds bodies and judges answers, without journal, metrics, pacing, retries and the first pass over the files; "child" is the child of a load, with all of that. They take turns against a server that keeps nothing.',
  options: [
    { name: '--records', placeholder: 'N', description: 'Records of a run (default: 2000000).' },
    { name: '--rounds', placeholder: 'N', description: 'Runs of each (default: 5).' },
    { name: '--batch-size', placeholder: 'N', description: 'Records of a request (default: 300).' },
    { name: '--concurrency', placeholder: 'N', description: 'Workers (default: 32).' },
    {
      name: '--inputs',
      description:
        'Instead: what a record costs the child out of files of other kinds, in turns: a CSV pair, 300 parts of gzip for each column, zstd, Parquet of three codecs.',
    },
    { name: '--markdown', description: 'Print the tables in Markdown.' },
  ],
};
