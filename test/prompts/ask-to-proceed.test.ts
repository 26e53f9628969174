import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { askToProceed } from '../../supervisor/ask/ask-to-proceed.js';

/** A question that is being asked: what it has shown so far, and its answer to come. */
async function begin(): Promise<{ keyboard: PassThrough; shown: () => string; answer: Promise<boolean> }> {
  const keyboard = new PassThrough();
  const screen = new PassThrough();
  let shown = '';
  screen.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const answer = askToProceed('Do you want to proceed?', { input: keyboard, output: screen });
  while (!shown.includes('(yes/no)')) await once(screen, 'data');
  return { keyboard, shown: () => shown, answer };
}

for (const [typed, expected] of [
  ['yes', true],
  ['Y', true],
  ['no', false],
] as const) {
  test(`the answer ${typed} is ${expected ? 'yes' : 'no'}`, async () => {
    const { keyboard, answer } = await begin();
    keyboard.write(`${typed}\n`);
    assert.equal(await answer, expected);
  });
}

test('what is neither is asked for again, and is not typed on', async () => {
  const { keyboard, answer, shown } = await begin();
  keyboard.write('perhaps\n');
  while (!shown().includes('Answer yes or no.')) await new Promise((resolve) => setImmediate(resolve));
  keyboard.write('yes\n');
  assert.equal(await answer, true);
});

test('Ctrl-C is neither: it stops the command', async () => {
  const { keyboard, answer, shown } = await begin();
  keyboard.write('\u0003');
  await assert.rejects(answer, { code: 'interrupted' });
  assert.match(shown(), /Do you want to proceed\? \(yes\/no\)/);
});
