import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { Workspace } from '../support/workspace.js';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const manifestSchema = z.object({
  version: z.string(),
  bin: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
});
const manifest = manifestSchema.parse(JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')));
const binary = join(checkout, manifest.bin['skyflow-supervise'] ?? '');

interface CommandEnd {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs npm or npx without the variables that an npm above us has set, and without its scripts: the package's own
 * `prepare` would build anew what the tests are running.
 */
async function run(
  command: string,
  words: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/i.test(name));
  const own = { npm_config_ignore_scripts: 'true', NODE_OPTIONS: '', ...variables };
  const env = { ...Object.fromEntries(inherited), ...own };
  return new Promise((resolve) => {
    execFile(command, words, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

test('the tarball installs elsewhere without development dependencies and scripts, and a demo runs from there', async () => {
  await using workspace = await Workspace.create();
  const packed = await run('npm', ['pack', '--json', '--pack-destination', workspace.path], checkout);
  assert.equal(packed.status, 0, packed.stderr);
  const [tarball] = z.array(packedSchema).parse(JSON.parse(packed.stdout));
  const files = tarball?.files.map(({ path }) => path) ?? [];
  assert.deepEqual(
    files.filter((path) => /^(dist\/)?(test|benchmarks)\/|\.tsx?$/.test(path)),
    [],
    'no tests and no sources',
  );
  assert.ok(files.includes('dist/THIRD-PARTY-LICENSES.txt'), 'the licences of what is bundled');
  const elsewhere = workspace.at('elsewhere');
  await mkdir(elsewhere);
  await writeProject(elsewhere, `../${tarball?.filename ?? ''}`);

  const installed = await run(
    'npm',
    ['ci', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'],
    elsewhere,
  );

  assert.equal(installed.status, 0, installed.stderr);
  await assert.rejects(access(join(elsewhere, 'node_modules', 'typescript')), 'no development dependency');
  const linked = join(elsewhere, 'node_modules', '.bin', 'skyflow-supervise');
  const help = await run(linked, ['--help'], elsewhere);
  assert.equal(help.status, 0, help.stderr);
  assert.match(help.stdout, /skyflow-supervise/);
  assert.equal((await run(linked, ['--version'], elsewhere)).stdout.trim(), manifest.version);
  const words = ['--no-install', 'skyflow-supervise', 'demo', '--records', '200', '--json'];
  const demo = await run('npx', words, elsewhere);
  assert.equal(demo.status, 0, demo.stderr);
  const { totals, proof } = demoSchema.parse(JSON.parse(demo.stdout));
  assert.equal(totals.uploaded, 800);
  assert.deepEqual(
    proof.map(({ holds }) => holds),
    [true, true, true, true],
  );
});

test('in the checkout the binary is executable, and npm start and npx are the same program', async () => {
  await access(binary, constants.X_OK);
  const direct = await run(binary, ['--version'], checkout);
  assert.equal(direct.stdout, `${manifest.version}\n`, direct.stderr);
  const started = await run('npm', ['start', '--silent', '--', '--version'], checkout);
  assert.equal(started.stdout, direct.stdout, started.stderr);
  // npx links the checkout into its cache: into one that is thrown away.
  await using workspace = await Workspace.create();
  const help = await run('npx', ['--yes', '--offline', 'skyflow-supervise', '--help'], checkout, {
    npm_config_cache: workspace.at('cache'),
  });
  assert.equal(help.status, 0, help.stderr);
  assert.equal(help.stdout, (await run(binary, ['--help'], checkout)).stdout);
});

for (const old of ['20.18.3', '18.20.4']) {
  test(`on Node ${old} the program says in one line which one it needs, and ends with 2`, async () => {
    const disguise = `Object.defineProperty(process.versions, 'node', { value: '${old}' })`;
    const words = [
      '--import',
      `data:text/javascript,${encodeURIComponent(disguise)}`,
      binary,
      '--all',
      '--json',
    ];

    const end = await run(process.execPath, words, checkout);

    assert.equal(end.status, 2);
    assert.equal(end.stderr, `skyflow-supervise needs Node 20.19 or newer; this is ${old}\n`);
  });
}

/**
 * A project that depends on the tarball and on nothing else, with the checkout's own lock: what it installs is then
 * in npm's cache already, or comes from the registry in the very versions that the tests run with.
 */
async function writeProject(directory: string, tarball: string): Promise<void> {
  const lock = lockSchema.parse(JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')));
  const dependencies = { 'skyflow-supervise': `file:${tarball}` };
  const { version, bin } = manifest;
  const packages = {
    ...lock.packages,
    '': { name: 'elsewhere', dependencies },
    'node_modules/skyflow-supervise': {
      version,
      bin,
      resolved: `file:${tarball}`,
      dependencies: manifest.dependencies,
    },
  };
  const needed = Object.entries(packages).filter(([, entry]) => !('dev' in entry));
  const project = { name: 'elsewhere', private: true, dependencies };
  await writeFile(join(directory, 'package.json'), JSON.stringify(project));
  await writeFile(
    join(directory, 'package-lock.json'),
    JSON.stringify({
      name: 'elsewhere',
      lockfileVersion: 3,
      requires: true,
      packages: Object.fromEntries(needed),
    }),
  );
}

const packedSchema = z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) });
const lockSchema = z.object({ packages: z.record(z.string(), z.record(z.string(), z.unknown())) });
const demoSchema = z.object({
  totals: z.object({ uploaded: z.int() }),
  proof: z.array(z.object({ holds: z.boolean() })),
});
