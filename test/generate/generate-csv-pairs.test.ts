import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { generateCsvPairs, type GenerateCsvOptions } from '../../src/generate/generate-csv-pairs.js';
import { createStamp, mockRows } from '../../src/generate/mock-rows.js';
import { openCsvSource } from '../../src/source/csv/csv-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const never = new AbortController().signal;
const vaults = ['NAME', 'ID', 'DOB', 'SSN'].map((name) => ({
  name,
  dataFile: `${name.toLowerCase()}_data.csv`,
  tokenFile: `${name.toLowerCase()}_tokens.csv`,
  valueHeader: name === 'NAME' ? 'full_name' : name.toLowerCase(),
  tokenHeader: name === 'NAME' ? 'full_name_token' : `${name.toLowerCase()}_token`,
}));
const fileNames = vaults.flatMap(({ dataFile, tokenFile }) => [dataFile, tokenFile]).sort();

function generate(directory: string, options: Partial<GenerateCsvOptions> = {}) {
  return generateCsvPairs({ directory, count: 10, vaults, force: false, signal: never, ...options });
}

async function lines(directory: string, file: string): Promise<string[]> {
  const text = await readFile(path.join(directory, file), 'utf8');
  return text.trimEnd().split('\n');
}

test('generate writes a pair per vault that the CSV source reads: realistic, all different, for the owner only', async (t) => {
  const directory = path.join(await temporaryFolder(t), 'new', 'data');
  const count = 5_000;
  const progress = new Map<string, number>();
  await generate(directory, { count, onProgress: ({ vaultName, rows }) => progress.set(vaultName, rows) });
  assert.deepEqual((await readdir(directory)).sort(), fileNames);
  assert.deepEqual([...progress.values()], [count, count, count, count]);

  const bases: Record<string, RegExp> = {
    NAME: /^[A-Z][a-z]+ [A-Z][a-z]+$/,
    ID: /^[1-9]\d{4}$/,
    DOB: /^(19[4-9]\d|200\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
    SSN: /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/,
  };
  const values = new Set<string>();
  const tokens = new Set<string>();
  for (const vault of vaults) {
    const { dataFile, tokenFile } = vault;
    for (const file of [dataFile, tokenFile]) {
      assert.equal((await stat(path.join(directory, file))).mode & 0o777, 0o600);
    }
    const source = openCsvSource({
      vaultName: vault.name,
      ...vault,
      dataFile: path.join(directory, dataFile),
      tokenFile: path.join(directory, tokenFile),
      delimiter: ',',
      encoding: 'utf8',
      precount: true,
    });
    assert.equal((await source.inspect(never)).rows, count);
    const cursor = await source.open(never);
    const batch = await cursor.read({ start: 0, end: count }, count);
    await cursor.close();
    for (const value of batch?.values ?? []) {
      const [base = '', unixSeconds, hash, ...more] = value.split('_');
      assert.match(base, bases[vault.name] ?? /^never$/);
      assert.match(`${unixSeconds} ${hash}`, /^\d{10} [0-9a-f]{16}$/);
      assert.deepEqual(more, []);
      values.add(value);
    }
    for (const token of batch?.tokens ?? []) {
      assert.match(token, new RegExp(`^tok_${vault.name.toLowerCase()}_\\d{10}_[0-9a-f]{32}$`));
      tokens.add(token);
    }
  }
  assert.equal(values.size, 4 * count);
  assert.equal(tokens.size, 4 * count);
});

test('two runs share no value and no token; two with the same seed share every byte', async (t) => {
  const directory = await temporaryFolder(t);
  const runs = {
    a: {},
    b: {},
    c: { seed: 'x' },
    d: { seed: 'x' },
    e: { seed: 'y' },
    f: { seed: 'x', count: 20 },
  };
  for (const [name, options] of Object.entries(runs)) await generate(path.join(directory, name), options);
  for (const file of fileNames) {
    const rowsOf = async (run: string) => (await lines(directory, path.join(run, file))).slice(1);
    const [a, b, c, d, e, f] = await Promise.all(Object.keys(runs).map(rowsOf));
    assert.equal(new Set([...(a ?? []), ...(b ?? []), ...(c ?? []), ...(e ?? [])]).size, 40);
    assert.deepEqual(d, c);
    assert.deepEqual(f?.slice(0, 10), c);
  }
});

test('the rows can be had without files, the same for the same seed', async (t) => {
  const directory = await temporaryFolder(t);
  await generate(directory, { seed: 'x' });
  const rows = [...mockRows('SSN', createStamp('x'), 10)];
  assert.deepEqual(
    (await lines(directory, 'ssn_data.csv')).slice(1),
    rows.map(({ value }) => value),
  );
  assert.deepEqual(
    (await lines(directory, 'ssn_tokens.csv')).slice(1),
    rows.map(({ token }) => token),
  );
});

test('files that exist are all named and none is touched, unless forced', async (t) => {
  const directory = await temporaryFolder(t);
  await writeFile(path.join(directory, 'id_tokens.csv'), 'mine');
  await writeFile(path.join(directory, 'ssn_data.csv'), 'mine');
  await assert.rejects(generate(directory), (error) => {
    assert.ok(error instanceof SuperviseError && error.code === 'usage');
    assert.match(error.message, /id_tokens\.csv, .*ssn_data\.csv$/);
    return true;
  });
  assert.deepEqual((await readdir(directory)).sort(), ['id_tokens.csv', 'ssn_data.csv']);
  assert.deepEqual(await lines(directory, 'id_tokens.csv'), ['mine']);

  await generate(directory, { force: true });
  assert.deepEqual((await readdir(directory)).sort(), fileNames);
  assert.equal((await lines(directory, 'id_tokens.csv')).length, 11);
});

test('a file that appears while the others are written is not overwritten', async (t) => {
  const directory = await temporaryFolder(t);
  const onProgress = () => writeFileSync(path.join(directory, 'dob_data.csv'), 'mine');
  await assert.rejects(generate(directory, { count: 20_000, onProgress }), /already there .*dob_data\.csv$/);
  assert.deepEqual(await lines(directory, 'dob_data.csv'), ['mine']);
  assert.deepEqual(await readdir(directory), ['dob_data.csv']);
});

test('a cancelled generate leaves nothing behind', async (t) => {
  const directory = await temporaryFolder(t);
  const stop = new AbortController();
  const reason = new Error('enough');
  const running = generate(directory, {
    count: 1_000_000,
    signal: stop.signal,
    onProgress: () => stop.abort(reason),
  });
  await assert.rejects(running, reason);
  assert.deepEqual(await readdir(directory), []);
});

test('a generate that is killed while writing leaves nothing under a real name', async (t) => {
  const directory = await temporaryFolder(t);
  const module = new URL('../../src/generate/generate-csv-pairs.js', import.meta.url).href;
  const script = `
    const { generateCsvPairs } = await import(${JSON.stringify(module)});
    await generateCsvPairs({
      directory: ${JSON.stringify(directory)}, vaults: ${JSON.stringify(vaults)}, count: 100_000_000, force: false,
      signal: new AbortController().signal, onProgress: () => process.stdout.write('.'),
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  child.kill('SIGKILL');
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  const left = await readdir(directory);
  assert.ok(left.length > 0 && left.every((file) => /^\..*\.partial$/.test(file)), left.join());
  await generate(directory);
  assert.deepEqual((await readdir(directory)).filter((file) => !file.startsWith('.')).sort(), fileNames);
});

test('one file with both columns and compressed files are written as they will be read', async (t) => {
  const directory = await temporaryFolder(t);
  const layouts = [
    { name: 'ID', dataFile: 'id.csv', tokenFile: 'id.csv', valueHeader: 'the;id', tokenHeader: 'token' },
    {
      name: 'MEMBER',
      dataFile: 'm.csv.gz',
      tokenFile: 'mt.csv.gz',
      valueHeader: 'm',
      tokenHeader: 'm_token',
    },
  ];
  const written = await generate(directory, { vaults: layouts, delimiter: ';', count: 9_000 });
  assert.deepEqual(
    written.map(({ files }) => files.length),
    [1, 2],
  );
  for (const layout of layouts) {
    const files = {
      dataFile: path.join(directory, layout.dataFile),
      tokenFile: path.join(directory, layout.tokenFile),
    };
    const format = { delimiter: ';', encoding: 'utf8', precount: true } as const;
    const source = openCsvSource({ vaultName: layout.name, ...layout, ...files, ...format });
    assert.equal((await source.inspect(never)).rows, 9_000);
  }
});

test('what cannot be generated is said before anything is written', async (t) => {
  const directory = await temporaryFolder(t);
  const twice = vaults.slice(0, 1).flatMap((vault) => [vault, { ...vault, name: 'OTHER' }]);
  const wrong: [Partial<GenerateCsvOptions>, RegExp][] = [
    [{ count: 0 }, /cannot generate 0 rows/],
    [{ count: 1.5 }, /cannot generate 1\.5 rows/],
    [{ count: 1e12 }, /1 to 4,294,967,296 are possible/],
    [{ delimiter: '_' }, /delimiter/],
    [{ vaults: twice }, /two vaults would be written to .*name_data\.csv/],
  ];
  for (const [options, message] of wrong)
    await assert.rejects(generate(directory, options), { code: 'usage', message });
  await mkdir(path.join(directory, 'name_data.csv'));
  await assert.rejects(generate(directory, { force: true }), /name_data\.csv is a directory/);
  assert.deepEqual(await readdir(directory), ['name_data.csv']);
});

test('a directory that cannot be made is an error of storage that names it', async (t) => {
  const file = path.join(await temporaryFolder(t), 'file');
  await writeFile(file, '');
  await assert.rejects(generate(path.join(file, 'data')), {
    code: 'storage',
    message: /data cannot be made \(ENOTDIR\)/,
  });
});

test('a disk that refuses a write is an error of storage, and nothing is left', async (t) => {
  const directory = await temporaryFolder(t);
  const module = new URL('../../src/generate/generate-csv-pairs.js', import.meta.url).href;
  // A limit on the size of files fails a write half way, as a full disk does.
  const script = `
    const { generateCsvPairs } = await import(${JSON.stringify(module)});
    await generateCsvPairs({
      directory: ${JSON.stringify(directory)}, vaults: ${JSON.stringify(vaults)}, count: 100_000, force: false,
      signal: new AbortController().signal,
    }).catch((error) => console.log(error.name, error.code, error.message));`;
  const child = spawn(
    'sh',
    ['-c', `trap '' XFSZ; ulimit -f 100; exec "$0" --input-type=module -e "$1"`, process.execPath, script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) said += String(chunk);
  await exited;
  assert.match(said, /^SuperviseError storage .*_(data|tokens)\.csv cannot be written \(EFBIG\)/);
  assert.deepEqual(await readdir(directory), []);
});
