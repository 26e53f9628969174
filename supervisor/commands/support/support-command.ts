import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { columnsOf } from '../../../src/report/lay-out.js';
import { formatBytes } from '../../../src/report/format-numbers.js';
import { productVersion } from '../../../src/product/product.js';
import { writeNewFile } from '../../../src/system/write-file.js';
import { findRun } from '../../../src/run-record/run-directory.js';
import { askYesNo } from '../../ask/ask-person.js';
import { canAsk } from '../../ask/prompt.js';
import { newestRun } from '../../history/choose-run.js';
import { present } from '../../view/present.js';
import type { SupportCommand } from './definition.js';
import { gatherSupport, type SupportFile } from './gather-support.js';
import { tarOf } from './tar.js';
import { shellWord } from '../../command-line/shell-word.js';
import { settingsOf } from '../../command-line/configured.js';

/** `support RUN`: says what an archive about a run holds, asks at a terminal, and writes it. */
export async function supportCommand(command: SupportCommand): Promise<number> {
  const presentation = present(command);
  const settings = settingsOf(command);
  const directory =
    command.run === undefined
      ? await newestRun(settings.run_dir, presentation)
      : await findRun(settings.run_dir, command.run);
  const file = resolve(command.out ?? `support-${directory.runId}.tar.gz`);
  const files = await gatherSupport(directory, command);
  presentation.people(describe(files, { ...command, columns: presentation.screen.columns }));
  let isWritten = false;
  if (!command.dryRun && (command.yes || !canAsk() || (await askYesNo(`Write it to ${file}?`, true)))) {
    await writeNewFile(file, await promisify(gzip)(tarOf(files, new Date())));
    isWritten = true;
    presentation.people(`Written to ${file}\nRead it before you send it:\n  tar -xzf ${shellWord(file)}\n`);
  } else presentation.people('Nothing was written.\n');
  presentation.document({
    format_version: 1,
    program_version: productVersion,
    run_id: directory.runId,
    file: isWritten ? file : null,
    files: files.map(({ name, what, content }) => ({ name, what, size_bytes: content.length })),
  });
  return 0;
}

function describe(
  files: readonly SupportFile[],
  {
    keepNames,
    keepLiterals,
    columns,
  }: Pick<SupportCommand, 'keepNames' | 'keepLiterals'> & { readonly columns?: number | undefined },
): string {
  const wide = files.map(
    ({ name, what, content }) => `  ${name.padEnd(20)} ${formatBytes(content.length).padStart(9)}  ${what}`,
  );
  // All of them in one form.
  const list =
    columns !== undefined && wide.some((line) => line.length > columnsOf({ columns }))
      ? files.map(({ name, what, content }) => `  ${name}, ${formatBytes(content.length)}\n    ${what}`)
      : wide;
  const names = keepNames
    ? 'As asked, names of hosts and users stay.'
    : 'Names of hosts and users are replaced.';
  const sql = keepLiterals ? 'As asked, literals of SQL stay.' : 'Literals and comments of SQL are replaced.';
  return `${['In the archive:', ...list, names, sql].join('\n')}
Not in it: records, tokens, secrets, journals, error logs, ids of records.
Names of vaults, tables, columns, files and folders stay.
`;
}
