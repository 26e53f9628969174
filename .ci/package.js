// `npm run package [FOLDER]`: one tarball for hosts without a registry, with the program, its production dependencies, an
// SBOM and the checksums of every file, and beside it the tarball's own checksum. The same tree gives the same bytes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const manifest = read('package.json');
const name = `${manifest.name}-${manifest.version}`;
const target = resolve(process.argv[2] ?? join(root, 'dist'));
const made = mkdtempSync(join(tmpdir(), 'skyflow-supervise-package-'));

function run(command, words) {
  const { status, stdout } = spawnSync(command, words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${words[0]} ended with ${status}`);
  return stdout;
}

const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** The files of a package or folder; the packages inside it stand in the lock file by themselves. */
function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && !entry.isSymbolicLink())
    .flatMap((entry) => filesBelow(join(path, entry.name)));
}

try {
  // What the lock file names and is no tool; packages of other platforms are not installed here.
  const installed = Object.entries(read('package-lock.json').packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path]) => path);
  const wanted = ['package.json', 'LICENSE', 'README.md', ...manifest.files, ...installed];
  const files = wanted
    .map((path) => join(root, path))
    .filter((path) => existsSync(path))
    .flatMap(filesBelow)
    // Of this Node, and not the same bytes each time; what of a package is for its developers is half of all bytes.
    .filter((path) => !/\.compiled$|\bnode_modules\b.*\.(?:map|d\.[cm]?ts)$/.test(path))
    .map((path) => relative(root, path))
    .sort();
  const start = `exec node "$(dirname "$(readlink -f "$0")")/dist/supervisor/main.js" "$@"`;
  writeFileSync(join(made, manifest.name), `#!/bin/sh\n${start}\n`, { mode: 0o755 });
  writeFileSync(join(made, 'sbom.cdx.json'), run(process.execPath, [join(root, '.ci/sbom.js')]));
  const own = [manifest.name, 'sbom.cdx.json'];
  const sums = [...files.map((file) => [root, file]), ...own.map((file) => [made, file])];
  writeFileSync(
    join(made, 'SHA256SUMS'),
    sums.map(([folder, file]) => `${sha256(join(folder, file))}  ${file}\n`).join(''),
  );
  const list = join(made, 'list');
  writeFileSync(list, files.join('\n'));
  mkdirSync(target, { recursive: true });
  const tarball = join(target, `${name}-offline.tgz`);
  const same = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=go-w,go+r'];
  const places = [`--transform=s,^,${name}/,`, '-C', root, '-T', list, '-C', made, ...own, 'SHA256SUMS'];
  run('tar', ['--use-compress-program=gzip -n', '-cf', tarball, ...same, ...places]);
  writeFileSync(`${tarball}.sha256`, `${sha256(tarball)}  ${name}-offline.tgz\n`);
  process.stdout.write(`${tarball}\n`);
} finally {
  rmSync(made, { recursive: true, force: true });
}
