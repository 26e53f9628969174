import { runScript } from './command-line/script.js';
import { scripts } from './scripts.js';

// `npm run bench:NAME -- FLAGS`: the first word names the benchmark.
const [word, ...flags] = process.argv.slice(2);
const script = scripts.find(({ name }) => name === `bench:${word ?? ''}`);
if (script === undefined) {
  process.stderr.write(
    `error: no benchmark ${word ?? ''}; there are ${scripts.map(({ name }) => name).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  await runScript(script, flags);
}
