import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { secondsOf } from './file-seconds.js';

/** A process costs a second of CPU, so each has as much as it can, but at the end short ones must fill the gaps. */
const mostSeconds = 60;
const leastSeconds = 20;
/** What the files of one process take of what is left for all. */
const shareOfRest = 1 / 12;
/** What the many files take that are too short to be listed. */
const shortSeconds = 2;
/** Below this a run is somebody's who looks at a behaviour, and at its files one by one. */
const fewestToJoin = 40;
/** What a file does to its whole process, or measures of it, hooks around each test among that: it must not share one. */
const ofTheProcess =
  /^(?:before|after)Each\(|\bdelete process\.env|\b(?:process\.(?:env\[[^\]]+\] = |emit|on\(|memoryUsage|getActiveResourcesInfo|chdir|exitCode)|setFlagsFromString|Object\.assign\((?:process|dns)\b)/m;

interface Joined {
  readonly names: string[];
  readonly mostSeconds: number;
  seconds: number;
}

/**
 * The files to run for these tests, the longest first. Others are joined, neighbours in one process: Node, the test
 * runner, the modules that they share and the programs that have run before are paid for once. Files are named by their
 * paths below `root`; those that join others are written into `folder`.
 */
export function joinFiles(names: readonly string[], root: string, folder: string): string[] {
  const alone: Joined[] = [];
  const joined: Joined[] = [];
  const files = [...names].sort().map((name) => ({ name, seconds: secondsOf[nameOf(name)] ?? shortSeconds }));
  let rest = files.reduce((sum, { seconds }) => sum + seconds, 0);
  for (const { name, seconds } of files) {
    const open = joined.at(-1);
    if (names.length < fewestToJoin || ofTheProcess.test(readFileSync(join(root, name), 'utf8')))
      alone.push({ names: [name], mostSeconds: seconds, seconds });
    else if (open === undefined || open.seconds + seconds > open.mostSeconds) {
      const share = Math.min(mostSeconds, Math.max(leastSeconds, rest * shareOfRest));
      joined.push({ names: [name], mostSeconds: share, seconds });
    } else {
      open.names.push(name);
      open.seconds += seconds;
    }
    rest -= seconds;
  }
  return [...alone, ...joined]
    .sort((a, b) => b.seconds - a.seconds)
    .map(({ names: own }) => fileOf(own, root, folder));
}

/** As the list of what files take has it. */
function nameOf(file: string): string {
  return file.replace(/\.test\.js$/, '');
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
