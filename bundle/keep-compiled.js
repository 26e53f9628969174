// Run with the flags of a program and its `load.js`: keeps what V8 has made of it, functions that ran meanwhile included.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import process from 'node:process';

const { script, compiledFile } = await import(pathToFileURL(process.argv[2]).href);
writeFileSync(compiledFile, script.createCachedData());
process.exit();
