import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { waitUntil } from '../support/wait-until.js';

const module = new URL('../../supervisor/process/stop-signals.js', import.meta.url).href;

/** A process that is never done, within a command and the run that it began, each with signals of its own. */
const script = `
  const { StopSignals } = await import(${JSON.stringify(module)});
  const outer = new StopSignals();
  const inner = new StopSignals();
  inner.stopping.addEventListener('abort', () => console.log('orderly, by ' + inner.first));
  inner.atOnce.addEventListener('abort', () => console.log('at once'));
  process.on('exit', (status) => console.log('restored, ' + status));
  setInterval(() => undefined, 60_000);
  console.log('ready');
`;

test('the first signal asks for an orderly end, the second for one at once, and the third ends what still hangs', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const says = (words: string): Promise<void> =>
    waitUntil(`it says ${words}`, () => output.includes(words), 60_000);
  try {
    await says('ready');
    child.kill('SIGINT');
    await says('orderly, by SIGINT');
    assert.doesNotMatch(output, /at once/);
    child.kill('SIGTERM');
    await says('at once');
    assert.equal(child.exitCode ?? child.signalCode, null, 'it is still there');
    child.kill('SIGHUP');
    assert.deepEqual(await ended, [null, 'SIGHUP']);
    assert.match(output, /restored, 129\n$/, 'as by an exit, which shows the cursor of a terminal');
  } finally {
    child.kill('SIGKILL');
  }
});
