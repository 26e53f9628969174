import { withRunLocked } from '../../history/with-run-locked.js';
import { findRun, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { bringFromStore } from '../../cluster/fetch-run.js';
import { newestRun } from '../../history/choose-run.js';
import type { ReportCommand } from './definition.js';
import { present, tellEnd, type Presentation } from '../../view/present.js';
import type { Evidence } from './evidence-format.js';
import { gatherEvidence, readSummary } from './gather-evidence.js';
import { signRun, verifySignature, type SignatureReading } from './signature.js';
import { renderEvidenceBriefly } from './render-evidence-briefly.js';
import { renderEvidence } from './render-evidence.js';
import { settingsOf } from '../../command-line/configured.js';

/** `report RUN`: a run's evidence as text, or as JSON. Exits with 1 when the evidence contradicts itself. */
export async function reportCommand(command: ReportCommand): Promise<number> {
  const presentation = present(command);
  const settings = settingsOf(command);
  await bringFromStore(settings, command.run);
  const directory =
    command.run === undefined
      ? await newestRun(settings.run_dir, presentation)
      : await findRun(settings.run_dir, command.run);
  if (command.verifySignature !== undefined) {
    return tellOfSignature(
      await verifySignature(directory, command.verifySignature),
      directory,
      presentation,
    );
  }
  if (command.sign !== undefined) {
    // What is signed does not change meanwhile; the lock itself is no part of the run.
    await withRunLocked(directory, () => Promise.resolve());
    presentation.people(`Signed: ${await signRun(directory, command.sign)}\n`);
  }
  const evidence = await gatherEvidence(directory);
  if (command.html !== undefined) {
    const { writeReportPage } = await import('./render-report-page.js');
    presentation.people(`Written to ${await writeReportPage(directory, evidence, command.html)}\n`);
  }
  if (command.json) presentation.document(evidence);
  else if (command.html === undefined) await show(evidence, directory, presentation);
  return evidence.agrees ? 0 : 1;
}

/** At a terminal what most people ask for; all of it elsewhere, and with `--verbose`. */
async function show(evidence: Evidence, directory: RunDirectory, presentation: Presentation): Promise<void> {
  const { screen } = presentation;
  // Of a run that goes on it says how it was before.
  const summary = evidence.exit_code === null ? undefined : (await readSummary(directory)).value;
  const text =
    screen.detail === 'brief'
      ? renderEvidenceBriefly(evidence, summary, screen)
      : renderEvidence(evidence, summary, screen);
  presentation.people(text);
}

function tellOfSignature(
  { signedAt, problems }: SignatureReading,
  { runId, path }: RunDirectory,
  presentation: Presentation,
): number {
  const isRight = problems.length === 0;
  const said = isRight
    ? [`Run ${runId} is as it was signed at ${signedAt ?? ''}.`]
    : [`Run ${runId} is not as it was signed:`, ...problems.map((problem) => `  ${problem}`)];
  presentation.people(`${said.join('\n')}\n`);
  return tellEnd(presentation, isRight ? 'valid' : 'invalid', isRight ? 0 : 1, {
    run_id: runId,
    run_directory: path,
    signed_at: signedAt,
    problems,
  });
}
