import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { foldLines } from '../../src/report/lay-out.js';
import { renderError } from '../../supervisor/view/render-error.js';

const facts = {
  message:
    'there is a mistake in the configuration:\n  skyflow.vault_url: found nothing; allowed: an https URL',
  hint: 'Correct every line above, then try again; docs/configuration.md explains every key.',
};

describe('what ends the program', () => {
  test('is broken between words on a terminal, further lines of a point indented under it', () => {
    assert.equal(
      foldLines(renderError(facts), 48),
      [
        'error: there is a mistake in the configuration:',
        '  skyflow.vault_url: found nothing; allowed: an',
        '    https URL',
        'Correct every line above, then try again;',
        'docs/configuration.md explains every key.',
        '',
      ].join('\n'),
    );
  });

  test('is left as it is where no terminal shows it, for programs that search it', () => {
    assert.equal(renderError(facts), `error: ${facts.message}\n${facts.hint}\n`);
  });

  test('keeps a command that is pasted in one line', () => {
    const hint = `Go on with it: skyflow-supervise resume /data/exports/${'x'.repeat(40)}`;
    assert.ok(
      foldLines(renderError({ message: 'unfinished', hint }), 50)
        .split('\n')
        .includes(hint.replace('Go on with it: ', '  ')),
    );
  });
});
