import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedParts, withPart } from './generated-parts.js';
import { manPage, manPageFile } from './man-page.js';
import { projectFolder } from './pages.js';

// Run after a change of the configuration, commands, flags or the sandbox's options; tests fail until then.
for (const part of generatedParts) {
  const file = join(projectFolder, part.page);
  writeFileSync(file, withPart(readFileSync(file, 'utf8'), part));
  process.stdout.write(`wrote the part ${part.name} of ${part.page}\n`);
}
writeFileSync(join(projectFolder, manPageFile), manPage());
process.stdout.write(`wrote ${manPageFile}\n`);
