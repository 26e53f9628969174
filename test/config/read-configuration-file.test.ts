import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { readConfigurationFile } from '../../src/config/read-configuration-file.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { localConfiguration, temporaryDirectory, writeConfiguration } from './configuration-files.js';

const odd = `\uFEFF{ "skyflow" : {"vault_url":"http://127.0.0.1:1","bearer_token":"t",\r\n\t"vaults":[{"name":"A","id":"i","column":"c"}] } }\n\n`;

test('a configuration file comes out byte for byte as it went in, with nothing beside it', (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'my.config.json');
  writeFileSync(file, odd);
  chmodSync(file, 0o400);
  chmodSync(directory, 0o500);
  const before = { file: statSync(file, { bigint: true }), directory: statSync(directory, { bigint: true }) };

  const { configuration } = loadConfiguration({ file, environment: {} });

  assert.equal(configuration.skyflow.vaults[0]?.name, 'A');
  assert.equal(readFileSync(file, 'utf8'), odd);
  assert.deepEqual(readdirSync(directory), ['my.config.json']);
  const after = { file: statSync(file, { bigint: true }), directory: statSync(directory, { bigint: true }) };
  for (const part of ['file', 'directory'] as const) {
    assert.equal(after[part].mtimeNs, before[part].mtimeNs);
    assert.equal(after[part].ctimeNs, before[part].ctimeNs);
    assert.equal(after[part].ino, before[part].ino);
  }
  chmodSync(directory, 0o700);
});

test('a file that is refused is not touched either', (t) => {
  for (const content of ['{"performance": {"batch_size": 0}}', '{broken', '[]', '']) {
    const file = writeConfiguration(t, content);
    const before = statSync(file, { bigint: true });
    assert.throws(() => loadConfiguration({ file, environment: {} }), { code: 'config' });
    assert.equal(readFileSync(file, 'utf8'), content);
    assert.equal(statSync(file, { bigint: true }).ctimeNs, before.ctimeNs);
  }
});

test('a link to a configuration file is followed and stays a link', (t) => {
  const file = writeConfiguration(t, localConfiguration());
  const link = join(temporaryDirectory(t), 'linked');
  symlinkSync(file, link);
  assert.deepEqual(readConfigurationFile(link).content, localConfiguration());
  assert.deepEqual(
    readdirSync(join(link, '..'), { withFileTypes: true }).map((entry) => entry.isSymbolicLink()),
    [true],
  );
});

test('a missing file is named, with two ways on, and nothing is made', (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'deep', 'config.json');
  assert.throws(
    () => loadConfiguration({ file, environment: {} }),
    (error) => {
      assert.ok(error instanceof SuperviseError);
      assert.equal(error.code, 'config');
      assert.match(error.message, /no configuration file .*deep\/config\.json/);
      assert.match(error.hint ?? '', /: skyflow-supervise init$/);
      assert.doesNotMatch(error.hint ?? '', /config\.example\.json/, 'which is in no empty folder');
      assert.match(error.hint ?? '', /demo/);
      return true;
    },
  );
  assert.deepEqual(readdirSync(directory), []);
});

test('a directory in the place of the file is said to be one', (t) => {
  const file = join(temporaryDirectory(t), 'config.json');
  mkdirSync(file);
  assert.throws(() => readConfigurationFile(file), { code: 'config', message: /found a directory/ });
});

test('broken JSON is located by line and column, without a word of its content', (t) => {
  const file = writeConfiguration(t, '{\n  "skyflow": {\n    "bearer_token": "s3cret" "x": 1\n  }\n}');
  assert.throws(
    () => readConfigurationFile(file),
    (error) => {
      assert.ok(error instanceof SuperviseError);
      assert.match(error.message, /line 3, column 30: a comma or the end is expected/);
      assert.doesNotMatch(`${error.message} ${error.hint ?? ''}`, /s3cret|bearer/);
      return true;
    },
  );
});
