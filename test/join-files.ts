import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { longFiles } from './long-files.js';

/** So many short files make one that takes about as long as a long one. */
const filesInOne = 8;
/** Below this a run is somebody's who looks at a behaviour, and at its files one by one. */
const fewestToJoin = 40;
/** What a file does to its whole process, or measures of it, hooks around all tests among that: it must not share one. */
const ofTheProcess =
  /^(?:before|after)(?:Each)?\(|\b(?:process\.(?:env\[|emit|on\(|memoryUsage|getActiveResourcesInfo|chdir|exitCode)|setFlagsFromString|Object\.assign\(process)/m;

/**
 * The files to run for these tests, the longest first. Short ones are joined, neighbours in one process: Node, the test
 * runner and the modules that they share are paid for once. Files are named by their paths below `root`; those that
 * join others are written into `folder`.
 */
export function joinFiles(names: readonly string[], root: string, folder: string): string[] {
  const sorted = [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const files = sorted.map((name) => ({ name, path: join(root, name) }));
  if (files.length < fewestToJoin) return files.map(({ path }) => path);
  const isAlone = (file: (typeof files)[number]): boolean =>
    rank(file.name) < longFiles.length || ofTheProcess.test(readFileSync(file.path, 'utf8'));
  const short = files.filter((file) => !isAlone(file));
  const joined: string[] = [];
  for (let at = 0; at < short.length; at += filesInOne) {
    const path = join(folder, `${short[at]?.name.replaceAll('/', '-') ?? ''}-and-others.mjs`);
    const imports = short
      .slice(at, at + filesInOne)
      .map((file) => `import ${JSON.stringify(pathToFileURL(file.path).href)};\n`);
    writeFileSync(path, imports.join(''));
    joined.push(path);
  }
  return [...files.filter(isAlone).map(({ path }) => path), ...joined];
}

function rank(name: string): number {
  const at = longFiles.findIndex((beginning) => name.startsWith(beginning));
  return at === -1 ? longFiles.length : at;
}
