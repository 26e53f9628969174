// Compiles `src/bytes/bytes.wat`: `npm run docs` writes what comes of it beside it, a test compares the two.
import { Buffer } from 'node:buffer';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import wabt from 'wabt';

const folder = join(import.meta.dirname, '../src/bytes');
const tools = await wabt();
const module = tools.parseWat('bytes.wat', await readFile(join(folder, 'bytes.wat'), 'utf8'));
const code = Buffer.from(module.toBinary({}).buffer).toString('base64');
await writeFile(
  join(folder, 'compiled-bytes.ts'),
  `/** \`bytes.wat\`, compiled by \`npm run docs\`; in base64. */\nexport const compiledBytes =\n  '${code}';\n`,
);
