import { neededStoreUrl } from '../../cluster/store-address.js';
import { exportRun } from '../../cluster/fetch-run.js';
import { present, tellEnd } from '../../view/present.js';
import type { ExportCommand } from './definition.js';
import { settingsOf } from '../../command-line/configured.js';

/** `export RUN...` */
export async function exportCommand(command: ExportCommand): Promise<number> {
  const presentation = present(command);
  const settings = settingsOf(command);
  const url = await neededStoreUrl(settings);
  const directories: string[] = [];
  for (const run of command.runs) {
    const { path } = await exportRun(url, settings.run_dir, run);
    presentation.people(`${path}\n`);
    directories.push(path);
  }
  return tellEnd(presentation, 'exported', 0, {
    run_directories: directories,
  });
}
