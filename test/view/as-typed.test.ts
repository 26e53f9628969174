import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asTyped } from '../../supervisor/view/write-for-people.js';

test('commands are printed as they can be pasted: with npx where that was typed, or a script of the checkout', () => {
  const text =
    'Go on with:\n  \u001b[36mskyflow-supervise resume runs/skyflow-supervise x\u001b[39m\nor npx skyflow-supervise runs';
  for (const env of [{}, { npm_lifecycle_event: 'test' }]) assert.equal(asTyped(text, env), text);
  for (const npm_lifecycle_event of ['npx', 'start', 'demo'])
    assert.equal(
      asTyped(text, { npm_lifecycle_event }),
      text.replace('skyflow-supervise resume', 'npx skyflow-supervise resume'),
    );
});
