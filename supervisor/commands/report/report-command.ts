import { loadSettings } from '../../../src/config/load-configuration.js';
import { findRun } from '../../../src/run/run-directory.js';
import { bringFromStore } from '../../cluster/fetch-run.js';
import { newestRun } from '../../history/choose-run.js';
import type { ReportCommand } from './definition.js';
import { present } from '../../view/present.js';
import { gatherEvidence } from './gather-evidence.js';
import { renderEvidence } from './render-evidence.js';

/** `report RUN`: a run's evidence as text, or as JSON. Exits with 1 when the evidence contradicts itself. */
export async function reportCommand(command: ReportCommand): Promise<number> {
  const presentation = present(command);
  const { settings } = loadSettings({
    file: command.config.file,
    fileWasNamed: command.config.wasNamed,
    environment: process.env,
    flags: command.settings,
  });
  await bringFromStore(settings, command.run);
  const directory =
    command.run === undefined
      ? await newestRun(settings.run_dir, presentation)
      : await findRun(settings.run_dir, command.run);
  const evidence = await gatherEvidence(directory);
  if (command.json) presentation.document(evidence);
  else presentation.people(renderEvidence(evidence, presentation.style));
  return evidence.agrees ? 0 : 1;
}
