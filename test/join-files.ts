import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { secondsOf } from './file-seconds.js';

/** A file that takes as long has a process of its own; the others are joined until they do. Each process costs a second of CPU. */
const longSeconds = 60;
/** What the many files take that are too short to be listed. */
const shortSeconds = 2;
/** Below this a run is somebody's who looks at a behaviour, and at its files one by one. */
const fewestToJoin = 40;
/** What a file does to its whole process, or measures of it, hooks before all tests or around each among that: it must not share one. */
const ofTheProcess =
  /^(?:before(?:Each)?|afterEach)\(|\b(?:process\.(?:env\[[^\]]+\] =|emit|on\(|memoryUsage|getActiveResourcesInfo|chdir|exitCode)|setFlagsFromString|Object\.assign\(process)/m;

interface Joined {
  readonly names: string[];
  seconds: number;
}

/**
 * The files to run for these tests, the longest first. Others are joined, neighbours in one process: Node, the test
 * runner, the modules that they share and the programs that have run before are paid for once. Files are named by their
 * paths below `root`; those that join others are written into `folder`.
 */
export function joinFiles(names: readonly string[], root: string, folder: string): string[] {
  const groups: Joined[] = [];
  let open: Joined | undefined;
  for (const name of [...names].sort()) {
    const seconds = secondsOf[name.replace(/\.test\.js$/, '')] ?? shortSeconds;
    const isAlone =
      names.length < fewestToJoin ||
      seconds >= longSeconds ||
      ofTheProcess.test(readFileSync(join(root, name), 'utf8'));
    if (isAlone) {
      groups.push({ names: [name], seconds });
      continue;
    }
    if (open === undefined || open.seconds + seconds > longSeconds)
      groups.push((open = { names: [], seconds: 0 }));
    open.names.push(name);
    open.seconds += seconds;
  }
  return groups.sort((a, b) => b.seconds - a.seconds).map(({ names: own }) => fileOf(own, root, folder));
}

/** One file that has these tests. */
function fileOf(names: readonly string[], root: string, folder: string): string {
  const [first = ''] = names;
  if (names.length === 1) return join(root, first);
  const path = join(folder, `${first.replaceAll('/', '-')}-and-others.mjs`);
  const imports = names.map((name) => `import ${JSON.stringify(pathToFileURL(join(root, name)).href)};\n`);
  writeFileSync(path, imports.join(''));
  return path;
}
