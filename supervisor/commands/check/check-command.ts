import type { CheckCommand } from './definition.js';
import { present, tellEnd, type Presentation } from '../../view/present.js';
import { exitCodeOf } from './check.js';
import { performChecks } from './plan-checks.js';
import { renderGroup, renderReadiness, type CheckedGroup } from './render-check.js';

/** `check`: whether a load could begin. Nothing is inserted and no run directory is made. Exits with 0 or 2. */
export async function checkCommand(command: CheckCommand): Promise<number> {
  const presentation = present(command);
  const { groups } = await performChecks(command, (group) => {
    show(group, command, presentation);
  });
  return conclude(groups, command, presentation);
}

/** Quiet says only what is not good. */
function show(group: CheckedGroup, { verbosity }: CheckCommand, presentation: Presentation): void {
  const findings =
    verbosity === 'quiet' ? group.findings.filter(({ status }) => status !== 'good') : group.findings;
  const { style, screen } = presentation;
  const layout = { isVerbose: verbosity === 'verbose', columns: screen.columns, folder: screen.folder };
  if (findings.length > 0) presentation.people(renderGroup({ ...group, findings }, style, layout));
}

function conclude(
  groups: readonly CheckedGroup[],
  command: CheckCommand,
  presentation: Presentation,
): number {
  const all = groups.flatMap(({ findings }) => findings);
  const exitCode = exitCodeOf(all);
  presentation.people(renderReadiness(all, presentation.style));
  return tellEnd(presentation, exitCode === 0 ? 'ready' : 'not_ready', exitCode, {
    config_file: command.config.file,
    checks: groups.flatMap(({ group, findings }) => findings.map((finding) => ({ group, ...finding }))),
  });
}
