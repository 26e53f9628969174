import type { ScriptDefinition } from '../command-line/script.js';

/** What `bench:analyze` takes on its command line. */
export const analysisScript: ScriptDefinition = {
  name: 'bench:analyze',
  description:
    'Reads the CSV file of bench:quick or bench:full and says what a large load would take: projected time, efficiency, risk, and the three best configurations with the reason.',
  operand: 'FILE',
  options: [
    {
      name: '--records',
      placeholder: 'N',
      description: 'Records for each vault to project for (default: 500000000).',
    },
    {
      name: '--html',
      placeholder: 'FILE',
      description: 'Also write a report with charts, in one file that loads nothing from elsewhere.',
    },
    { name: '--json', description: 'One JSON document on stdout instead of text.' },
    { name: '--markdown', description: 'Print the table in Markdown.' },
  ],
};
