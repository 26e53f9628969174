import { resolve } from 'node:path';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { checksumOf, beginSession } from '../../../src/run-record/run-record.js';
import { writeNewFile } from '../../../src/system/write-file.js';
import { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import type { Finding } from '../../../src/source/finding.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { describeAuthority } from '../../run/describe-credential.js';
import { newFingerprintKey } from '../../run/new-run-record.js';
import { present } from '../../view/present.js';
import { exitCodeOf } from '../check/check.js';
import { performChecks, type CheckedAll } from '../check/plan-checks.js';
import type { PlanCommand } from './definition.js';
import { loadIntention } from './load-intention.js';
import { planEffort } from './plan-effort.js';
import { readPlan, type LoadPlan } from './plan-format.js';
import { renderPlan } from './render-plan.js';

/** `plan`: what a load would do, as text, as JSON, and in a file. Nothing is inserted. Exits as `check` does. */
export async function planCommand(command: PlanCommand): Promise<number> {
  const presentation = present(command);
  const plan = command.shown === undefined ? await makePlan(command) : await readPlan(command.shown);
  if (command.out !== undefined) {
    // An approved plan is never overwritten.
    await writeNewFile(resolve(command.out), `${JSON.stringify(plan, undefined, 2)}\n`);
  }
  presentation.people(renderPlan(plan, presentation.screen, presentation.screen.detail === 'brief'));
  if (command.out !== undefined)
    presentation.people(`Written to ${command.out}. To load exactly this: load --plan ${command.out}\n`);
  presentation.document(plan);
  return plan.exit_code;
}

async function makePlan(command: PlanCommand): Promise<LoadPlan> {
  const key = await newFingerprintKey(process.env);
  const checked = await performChecks(command, () => undefined, Fingerprints.of(key));
  const { subject, groups, inputs } = checked;
  const checks = groups.flatMap(({ group, findings }) => findings.map((finding) => ({ group, ...finding })));
  if (subject === undefined) throw notReadable(checks);
  const { settings, origins, vaults } = subject;
  const authority = await describeAuthority(settings, key).catch(() => ({}));
  const now = beginSession({ command: 'load', startedAt: new Date(), settings: {} });
  const exitCode = exitCodeOf(checks);
  const plan = {
    format_version: 1,
    made_at: now.started_at,
    user: now.user,
    host: now.host,
    working_directory: process.cwd(),
    config_file: resolve(command.config.file),
    source: kindOf(settings).title,
    status: exitCode === 0 ? 'ready' : 'not_ready',
    exit_code: exitCode,
    load: loadIntention({ settings, origins, vaults, authority, asked: command, inputs: inputsOf(checked) }),
    ...planEffort({
      ...{ settings, vaults, sizes: inputs },
      newRun: command.newRun,
      maxParallelVaults: command.maxParallelVaults,
      now: new Date(now.started_at),
    }),
    checks,
  } satisfies Omit<LoadPlan, 'checksum'>;
  // As it will be read: without what is undefined.
  const written = JSON.parse(JSON.stringify(plan)) as object;
  return { ...plan, checksum: checksumOf(written) };
}

function inputsOf({ subject, inputs }: CheckedAll): Parameters<typeof loadIntention>[0]['inputs'] {
  const named = (subject?.vaults ?? []).flatMap(({ name }, at) => {
    const files = inputs[at]?.inputs;
    return files === undefined ? [] : [[name, files] as const];
  });
  return new Map(named);
}

function notReadable(checks: readonly Finding[]): SuperviseError {
  const problems = checks.filter(({ status }) => status === 'bad').map(({ message }) => `  ${message}`);
  return new SuperviseError(
    'config',
    ['no plan was made: the configuration cannot be read', ...problems].join('\n'),
    {
      hint: 'Correct every line above, then try again; docs/configuration.md explains every key.',
    },
  );
}
