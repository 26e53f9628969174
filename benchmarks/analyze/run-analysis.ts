import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { type ScriptContext, type ScriptDefinition, markdownOption } from '../command-line/script.js';
import { describeMachine } from '../measure/machine-facts.js';
import { readResults, readSweepPlan } from '../sweep/result-file.js';
import { analyseScaling } from './analyse-scaling.js';
import { renderSweepAnalysis } from './render-analysis.js';

/** What `bench:analyze` takes on its command line. */
export const analysisScript: ScriptDefinition = {
  name: 'bench:analyze',
  description:
    'Reads the CSV file of bench:quick or bench:full and says what a large load would take: projected time, efficiency, risk, and the three best configurations with the reason.',
  lasts: 'about a second',
  operand: 'FILE',
  options: [
    {
      name: '--records',
      placeholder: 'N',
      description: 'Records for each vault to project for (default: 500,000,000).',
    },
    {
      name: '--html',
      placeholder: 'FILE',
      description: 'Also write a report with charts, in one file that loads nothing from elsewhere.',
    },
    { name: '--json', description: 'One JSON document on stdout instead of text.' },
    markdownOption,
  ],
  run: runAnalysis,
};

/** `bench:analyze`: from a sweep's CSV file to text, JSON and an HTML report. */
async function runAnalysis({ values, progress, result }: ScriptContext): Promise<number> {
  const file = values.operand;
  if (file === undefined) {
    throw new SuperviseError('usage', 'bench:analyze needs the CSV file of a sweep', {
      hint: 'Such as: npm run bench:analyze -- benchmark_results_20260102_030405.csv',
    });
  }
  const records = values.wholeNumber('--records', 1, 1_000_000_000_000) ?? 500_000_000;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new SuperviseError('usage', `${file} cannot be read`, { cause: error });
  });
  const analysis = analyseScaling(readResults(text, file), records);
  const plan = await readSweepPlan(file);
  const machine = plan?.machines.at(-1);
  const measured = [
    plan === undefined ? undefined : describeTarget(plan),
    machine === undefined ? undefined : describeMachine(machine),
  ].flatMap((line) => line ?? []);
  const page = values.text('--html');
  if (page !== undefined) {
    const { writeReport } = await import('./render-report.js');
    await writeReport(page, { analysis, source: basename(file), measured });
    progress(`report: ${page}`);
  }
  if (values.on('--json')) result(JSON.stringify({ ...analysis, measured }));
  else
    result(renderSweepAnalysis(analysis, { measured, form: values.on('--markdown') ? 'markdown' : 'text' }));
  return 0;
}

function describeTarget({
  target,
  latency,
  vaults,
}: NonNullable<Awaited<ReturnType<typeof readSweepPlan>>>): string {
  if (target === 'vault') return `measured on a vault: ${vaults.join(', ')}`;
  return `measured on the embedded sandbox, latency ${latency ?? 'unknown'}, ${vaults.length} vault(s)`;
}
