// Builds when something of what the build is made of is newer than it: npm runs `prepare` also where there is nothing to
// prepare, such as before the first npx in a checkout, which somebody waits for.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const rooms = ['src', 'supervisor', 'child', 'test', 'benchmarks', 'bundle'];
const files = ['esbuild.config.js', 'package.json', 'package-lock.json'];
const lastWritten = join('dist', 'bundled-packages.json');

const changedMs = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** When something in a folder changed last; what was deleted or renamed has changed its folder. */
function newestMs(folder) {
  const below = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newestMs(path) : changedMs(path);
  });
  return Math.max(changedMs(folder), ...below);
}

const present = rooms.filter((room) => existsSync(room));
const newest = Math.max(...present.map(newestMs), ...files.map(changedMs));
if (changedMs(lastWritten) <= newest) await import('../esbuild.config.js');
