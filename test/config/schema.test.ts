import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as z from 'zod';
import { settings, singleSettings } from '../../src/config/catalogue.js';
import { describeConfiguration } from '../../src/config/describe-configuration.js';
import { configurationJsonSchema } from '../../src/config/json-schema.js';
import { configurationSchema } from '../../src/config/schema.js';

// Tests run from dist/test/config: the project's own files lie three levels up.
const readProjectFile = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8'));

test('config.schema.json is what the schema says today', () => {
  assert.deepEqual(readProjectFile('config.schema.json'), configurationJsonSchema());
});

test('config.example.json is accepted, leaves max_records out and appends no suffix', () => {
  const example = configurationSchema.parse(dropEmptyTexts(readProjectFile('config.example.json')));
  assert.equal(example.$schema, './config.schema.json');
  assert.equal(example.performance.max_records, undefined);
  assert.equal(example.performance.append_suffix, false);
  assert.deepEqual(
    example.skyflow.vaults.map(({ name, column }) => [name, column]),
    [
      ['NAME', 'name'],
      ['ID', 'id'],
      ['DOB', 'dob'],
      ['SSN', 'ssn'],
    ],
  );
});

function dropEmptyTexts(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, part: unknown) => (part === '' ? undefined : part)));
}

test('every key says what it means, and flags and variables stand for one key each', () => {
  for (const { key, description } of settings) assert.ok(description.length > 0, key);
  for (const names of [settings.map(({ flag }) => flag), settings.map(({ variable }) => variable)]) {
    const given = names.filter((name) => name !== undefined);
    assert.equal(new Set(given).size, given.length);
  }
});

test("the reference's defaults hold", () => {
  const { performance, snowflake, csv, source } = configurationSchema.parse({});
  assert.deepEqual(
    [performance.batch_size, performance.max_concurrency, performance.base_delay_ms, snowflake.fetch_size],
    [300, 32, 0, 100_000],
  );
  assert.deepEqual([source, csv.data_directory, snowflake.query_mode], ['csv', 'data', 'simple']);
  assert.deepEqual([snowflake.account, snowflake.role], [undefined, undefined]);
});

test('the table in the docs has a row for every key, with its variable and flag', () => {
  const table = describeConfiguration();
  for (const { key, variable, flag } of singleSettings) {
    const row = table.split('\n').find((line) => line.startsWith(`| \`${key}\` |`));
    assert.ok(row !== undefined, key);
    assert.ok(variable !== undefined && row.includes(`\`${variable}\``), key);
    if (flag !== undefined) assert.ok(row.includes(`\`${flag}\``), key);
  }
});

test('the JSON Schema has none of our own keywords', () => {
  const keywords = new Set<string>();
  const collect = (value: unknown, isSchema: boolean) => {
    const node = z.record(z.string(), z.unknown()).safeParse(value).data ?? {};
    for (const [name, part] of Object.entries(node)) {
      if (isSchema) keywords.add(name);
      if (name === 'properties' && isSchema) collect(part, false);
      else collect(part, !isSchema || name === 'items');
    }
  };
  collect(configurationJsonSchema(), true);
  for (const own of ['flag', 'secret', 'path', 'allowed', 'defaultText']) assert.ok(!keywords.has(own), own);
});
