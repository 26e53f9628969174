// What runs: the packages that are bundled in `dist` and those that are installed with the program, as a project of its
// own with a lock file, in which the tools that it is built with do not stand. npm lists and audits no other way.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { URL } from 'node:url';

const root = new URL('../', import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, root), 'utf8'));

/** Runs npm over the lock file of what runs, with its output where ours is, and gives its exit status. */
export function npmOverWhatRuns(words) {
  const scratch = mkdtempSync(join(tmpdir(), 'skyflow-supervise-packages-'));
  try {
    const { name, version, license, optionalDependencies } = read('package.json');
    const lock = read('package-lock.json');
    const bundled = new Set(read('dist/bundled-packages.json'));
    const kept = Object.entries(lock.packages).filter(
      ([path, { dev }]) => path !== '' && (bundled.has(path) || dev !== true),
    );
    const paths = new Set(kept.map(([path]) => path));
    const packages = Object.fromEntries(
      kept.map(([path, entry]) => [path, bundled.has(path) ? asRun(path, entry, paths) : entry]),
    );
    const dependencies = Object.fromEntries(
      [...bundled]
        .filter((path) => path.lastIndexOf('node_modules/') === 0)
        .map((path) => [path.slice('node_modules/'.length), packages[path].version]),
    );
    const project = { name, version, license, dependencies, optionalDependencies };
    // npm names the program after its folder.
    const folder = join(scratch, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: { '': project, ...packages } }),
    );
    return spawnSync('npm', words, { cwd: folder, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A bundled package without what it depends on and nothing of which is needed. */
function asRun(path, { version, resolved, integrity, license, dependencies = {} }, paths) {
  const own = Object.entries(dependencies).filter(([name]) => isFound(name, path, paths));
  return { version, resolved, integrity, license, dependencies: Object.fromEntries(own) };
}

/** Whether a package that stands there finds another one, as Node looks for it. */
function isFound(name, from, paths) {
  const folders = `${from}/`.split('node_modules/');
  return folders.some((_, at) =>
    paths.has(`${folders.slice(0, at).join('node_modules/')}node_modules/${name}`),
  );
}
