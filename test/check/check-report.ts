import * as z from 'zod';
import type { ProgramEnd } from '../support/program.js';
import type { Workspace } from '../support/workspace.js';

const reportSchema = z.strictObject({
  format_version: z.literal(1),
  program_version: z.string(),
  status: z.enum(['ready', 'not_ready']),
  exit_code: z.union([z.literal(0), z.literal(2)]),
  config_file: z.string(),
  checks: z.array(
    z.strictObject({
      group: z.string(),
      status: z.enum(['good', 'warn', 'bad', 'not_checked']),
      subject: z.string().optional(),
      about: z.literal('credential').optional(),
      message: z.string(),
      hint: z.string().optional(),
    }),
  ),
});
type CheckReport = z.infer<typeof reportSchema>;

/** A run of `check --json`: its document, and what it wrote. */
export interface CheckRun {
  readonly end: ProgramEnd;
  readonly report: CheckReport;
  /** Findings of a group as `status subject: message`. */
  readonly of: (group: string) => string[];
}

export async function runCheck(
  workspace: Workspace,
  argv: readonly string[] = [],
  options: Parameters<Workspace['run']>[1] = {},
): Promise<CheckRun> {
  const end = await workspace.run(['check', '--json', ...argv], options);
  const report = reportSchema.parse(JSON.parse(end.stdout));
  return {
    end,
    report,
    of: (group) =>
      report.checks
        .filter((check) => check.group === group)
        .map(({ status, subject, message }) => [status, subject, message].filter(Boolean).join(' ')),
  };
}
