import { writeSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { acquireLock } from '../../../src/journal/lock.js';

/**
 * `hold FILE`: takes the lock, says so and keeps it until killed.
 * `count FILE COUNTER TIMES`: takes the lock as often as told and counts, in the slow way that shows two holders.
 */
const [mode, file = '', counter = '', times = '0'] = process.argv.slice(2);

if (mode === 'hold') {
  await acquireLock(file, { waitMs: 10_000, describe: 'the test' });
  writeSync(1, 'held\n');
  setInterval(() => undefined, 1_000_000);
}

if (mode === 'count') {
  for (let turn = 0; turn < Number(times); turn += 1) {
    const lock = await acquireLock(file, { waitMs: 60_000, describe: 'the test' });
    const seen = Number(await readFile(counter, 'utf8'));
    await appendFile(`${counter}.trace`, `${process.pid} in\n`);
    await writeFile(counter, String(seen + 1));
    await appendFile(`${counter}.trace`, `${process.pid} out\n`);
    // The last one is left behind, as by a process that dies with the lock in its hands.
    if (turn < Number(times) - 1) await lock.release();
  }
  process.exit(0);
}
