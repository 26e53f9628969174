import { writeFileSync } from 'node:fs';
import { configurationJsonSchema } from './json-schema.js';

// Run by hand after a change of the schema: node dist/src/config/write-json-schema.js config.schema.json
const file = process.argv[2] ?? 'config.schema.json';
writeFileSync(file, `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`);
process.stdout.write(`wrote ${file}\n`);
