// Prints the SBOM (CycloneDX) of what is installed with the program, from the lock file alone, without a network.
// `npm sbom --omit=dev` leaves out every package that a development tool happens to use too, zod among them; so npm
// is asked about a lock file in which the tools do not stand.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { URL } from 'node:url';

const root = new URL('../', import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, root), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'skyflow-supervise-sbom-'));
try {
  const manifest = read('package.json');
  delete manifest.devDependencies;
  delete manifest.scripts;
  const lock = read('package-lock.json');
  const { '': project, ...installed } = lock.packages;
  delete project.devDependencies;
  const needed = Object.entries(installed).filter(([, { dev }]) => dev !== true);
  // npm names the program after its folder.
  const folder = join(scratch, manifest.name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...lock, packages: { '': project, ...Object.fromEntries(needed) } }),
  );
  const words = [
    'sbom',
    '--package-lock-only',
    '--offline',
    '--sbom-format=cyclonedx',
    '--sbom-type=application',
  ];
  const { status } = spawnSync('npm', words, { cwd: folder, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
