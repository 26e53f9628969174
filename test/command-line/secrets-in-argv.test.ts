import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  eraseSecrets,
  findSecretsInArgv,
  warnOfSecretsInArgv,
} from '../../supervisor/command-line/secrets-in-argv.js';
import { program } from '../../supervisor/commands/program.js';

test('secrets are found in every spelling, at the place where they stand', () => {
  const argv = ['load', '-token=abc', '--vault', 'ssn', '--sf-password', 'p w', '--token'];
  assert.deepEqual(findSecretsInArgv(argv, program), [
    { flag: '--token', index: 1, offset: 7, length: 3 },
    { flag: '--sf-password', index: 5, offset: 0, length: 3 },
  ]);
  assert.deepEqual(eraseSecrets(argv, program), [
    'load',
    '-token=***',
    '--vault',
    'ssn',
    '--sf-password',
    '***',
    '--token',
  ]);
});

test('no secret is left after erasing, and every other word is as it was', () => {
  const secret = fc.stringMatching(/^[a-z0-9]{12,40}$/).map((text) => `SECRET${text}`);
  const spelled = fc.tuple(
    fc.constantFrom('token', 'sf-password'),
    fc.constantFrom('-', '--'),
    fc.boolean(),
    secret,
  );
  fc.assert(
    fc.property(
      fc.array(spelled),
      fc.array(fc.constantFrom('load', '--all', '--vault', 'ssn')),
      (given, others) => {
        const words = given.flatMap(([name, dashes, joined, text]) =>
          joined ? [`${dashes}${name}=${text}`] : [`${dashes}${name}`, text],
        );
        const erased = eraseSecrets([...words, ...others], program);
        assert.doesNotMatch(erased.join(' '), /SECRET/);
        assert.deepEqual(erased.slice(words.length), others);
      },
    ),
  );
});

test('a warning names the flags and the better way, never the secret', () => {
  assert.equal(warnOfSecretsInArgv(['--all', '--vault-url', 'x'], program), undefined);
  const warning =
    warnOfSecretsInArgv(['-token', 'hunter2', '-sf-password=hunter2', '--token', 'hunter2'], program) ?? '';
  assert.match(warning, /^--token and --sf-password on the command line/);
  assert.match(warning, /help environment/);
  assert.doesNotMatch(warning, /hunter2/);
});
