import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAlone } from '../lone-child/load-alone.js';
import type { CsvWorkspace } from '../sink/csv-workspace.js';
import { cleanEnvironment, measuredProgram } from '../target/program.js';
import type { Measured } from './limits.js';

/** How much code a load of a few records reads: what it costs to start, and does not depend on the machine. */
export async function countCode(workspace: CsvWorkspace, stopping: AbortSignal) {
  const noteOf = (who: string): string => join(workspace.path, `modules-of-${who}`);
  const supervisor = spawn(
    process.execPath,
    [...noting(noteOf('supervisor')), measuredProgram, '--all', '--quiet'],
    {
      cwd: workspace.path,
      env: { ...cleanEnvironment(), XDG_STATE_HOME: join(workspace.path, 'state') },
      stdio: 'ignore',
      signal: stopping,
      killSignal: 'SIGKILL',
    },
  );
  const [status] = (await once(supervisor, 'close')) as [number | null];
  if (status !== 0) throw new Error(`the load ended with ${status}`);
  await loadAlone({
    ...workspace.alone('alone'),
    batchSize: 300,
    workers: 1,
    nodeFlags: noting(noteOf('child')),
    stopping,
  });
  const ofSupervisor = await readNote(noteOf('supervisor'));
  const ofChild = await readNote(noteOf('child'));
  return {
    'files of code that a supervisor reads': ofSupervisor.files,
    'files of code that a child reads': ofChild.files,
    'kilobytes of code that a supervisor reads': ofSupervisor.kilobytes,
    'kilobytes of code that a child reads': ofChild.kilobytes,
    'kilobytes of it that a supervisor compiles': ofSupervisor.compiledKilobytes,
    'kilobytes of it that a child compiles': ofChild.compiledKilobytes,
  } satisfies Partial<Measured>;
}

/** What tells Node to note in a file what it loads. */
function noting(file: string): string[] {
  const url = new URL('note-modules.js', import.meta.url);
  url.search = encodeURIComponent(file);
  return ['--import', url.href];
}

/** Of scripts the build has kept what V8 makes of them; modules are compiled at every start. */
async function readNote(file: string) {
  const urls = (await readFile(file, 'utf8')).split('\n').filter((url) => url.startsWith('file:'));
  const ours = (await Promise.all(urls.map((url) => partsOf(fileURLToPath(url))))).flat();
  return {
    files: ours.length,
    kilobytes: await kilobytesOf(ours),
    compiledKilobytes: await kilobytesOf(ours.filter((path) => !path.endsWith('.cjs'))),
  };
}

async function kilobytesOf(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((total, size) => total + size, 0) / 1000;
}

/** A module, and the script that it only is the module of. */
async function partsOf(path: string): Promise<string[]> {
  if (basename(path) !== 'load.js') return [path];
  const beside = await readdir(dirname(path));
  const script = beside.find((name) => name.startsWith('load-') && name.endsWith('.cjs'));
  if (script === undefined) throw new Error(`there is no script beside ${path}`);
  return [path, join(dirname(path), script)];
}
