import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  access,
  constants,
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { Workspace } from '../support/workspace.js';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const manifestSchema = z.object({
  version: z.string(),
  bin: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
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

test('the tarball installs globally, with no package besides it and no script, and a demo runs from there', async () => {
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
  const prefix = workspace.at('global');
  const words = ['--prefix', prefix, '--offline', '--no-audit', '--no-fund', '--omit=optional'];

  // With a cache of its own: npm's -g leaves out nothing that it can get, whatever it was told to omit.
  const installed = await run('npm', ['install', '-g', ...words, tarball?.filename ?? ''], workspace.path, {
    npm_config_cache: workspace.at('cache'),
  });

  assert.equal(installed.status, 0, installed.stderr);
  assert.deepEqual(await readdir(join(prefix, 'lib/node_modules')), ['skyflow-supervise']);
  const own = await readdir(join(prefix, 'lib/node_modules/skyflow-supervise'));
  assert.ok(!own.includes('node_modules'), own.join());
  const linked = join(prefix, 'bin/skyflow-supervise');
  assert.equal((await run(linked, ['--version'], workspace.path)).stdout.trim(), manifest.version);
  const demo = await run(linked, ['demo', '--records', '200', '--no-kill', '--json'], workspace.path);
  assert.equal(demo.status, 0, demo.stderr);
  const { totals, proof } = demoSchema.parse(JSON.parse(demo.stdout));
  assert.equal(totals.uploaded, 800);
  assert.deepEqual(
    proof.map(({ holds }) => holds),
    [true, true, true, true],
  );
});

test('what is installed besides is optional, the driver by default; what is bundled has its licence and stands in the SBOM', async () => {
  const lock = lockSchema.parse(JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')));
  const needed = Object.entries(lock.packages).filter(
    ([path, { dev, optional, devOptional }]) => path !== '' && !(dev ?? optional ?? devOptional ?? false),
  );
  assert.deepEqual(needed, []);
  assert.ok('snowflake-sdk' in manifest.optionalDependencies);
  const besides = Object.entries(lock.packages).filter(
    ([path, { dev }]) => path !== '' && dev !== true,
  ).length;
  const read = (file: string) => readFile(join(checkout, file), 'utf8');
  const bundled = z.array(z.string()).parse(JSON.parse(await read('dist/bundled-packages.json')));
  assert.ok(bundled.includes('node_modules/undici'));
  const page = await read('docs/security.md');
  const said = /about (\d+) packages stands[\s\S]*? about (\d+)\npackages together/
    .exec(page)
    ?.slice(1)
    .map(Number);
  for (const [at, count] of [bundled.length, besides].entries())
    assert.ok(
      Math.abs((said?.[at] ?? 0) - count) <= 10,
      `docs/security.md: ${said?.[at]} packages, there are ${count}`,
    );
  const licences = await read('dist/THIRD-PARTY-LICENSES.txt');
  const made = await run(process.execPath, [join(checkout, '.ci/sbom.js')], checkout);
  assert.equal(made.status, 0, made.stderr);
  const { components } = sbomSchema.parse(JSON.parse(made.stdout));
  const listed = new Set(components.map(({ name, version }) => `${name} ${version}`));
  for (const path of bundled) {
    const { name, version } = packageSchema.parse(JSON.parse(await read(join(path, 'package.json'))));
    assert.ok(licences.includes(`${name} ${version}\n`), `${name} in the licences`);
    assert.ok(listed.has(`${name} ${version}`), `${name} in the SBOM`);
  }
  assert.ok([...listed].some((one) => one.startsWith('snowflake-sdk ')));
  for (const tool of ['esbuild', 'typescript', 'eslint'])
    assert.ok(![...listed].some((one) => one.startsWith(`${tool} `)), tool);
});

test('in the checkout the binary is executable, and npm start and npx are the same program', async () => {
  await access(binary, constants.X_OK);
  const direct = await run(binary, ['--version'], checkout);
  assert.equal(direct.stdout, `${manifest.version}\n`, direct.stderr);
  const started = await run('npm', ['start', '--silent', '--', '--version'], checkout);
  assert.equal(started.stdout, direct.stdout, started.stderr);
  // npx links the checkout into its cache, into one that is thrown away here, and prepares it: built it is already.
  await using workspace = await Workspace.create();
  const built = join(checkout, 'dist/bundled-packages.json');
  const { mtimeMs } = await stat(built);
  const help = await run('npx', ['--yes', '--offline', 'skyflow-supervise', '--help'], checkout, {
    npm_config_cache: workspace.at('cache'),
    npm_config_ignore_scripts: 'false',
  });
  assert.equal(help.status, 0, help.stderr);
  // And names commands as they can be pasted there.
  const plain = (await run(binary, ['--help'], checkout)).stdout;
  assert.match(plain, /^Usage: skyflow-supervise /m);
  assert.equal(help.stdout, plain.replaceAll(/skyflow-supervise (?=[a-z-])/g, 'npx $&'));
  assert.equal((await stat(built)).mtimeMs, mtimeMs, 'npx has built it anew');
});

test('prepare builds what is not built yet, or older than a file or a folder of the sources', async () => {
  await using workspace = await Workspace.create();
  const builds = async (): Promise<boolean> => {
    const { status, stdout, stderr } = await run(process.execPath, ['bundle/build.js'], workspace.path);
    assert.equal(status, 0, stderr);
    return stdout === 'built\n';
  };
  for (const folder of ['bundle', 'src/deep', 'dist']) await mkdir(workspace.at(folder), { recursive: true });
  await copyFile(join(checkout, 'bundle/build-if-older.js'), workspace.at('bundle/build.js'));
  await writeFile(workspace.at('esbuild.config.js'), "console.log('built');");
  await writeFile(workspace.at('package.json'), '{ "type": "module" }');
  await writeFile(workspace.at('src/deep/file.ts'), '');
  assert.ok(await builds(), 'nothing is built');
  await writeFile(workspace.at('dist/bundled-packages.json'), '[]');
  const touch = (path: string, seconds: number): Promise<void> =>
    utimes(workspace.at(path), seconds, seconds);
  const inAnHour = Date.now() / 1_000 + 3_600;
  await touch('dist/bundled-packages.json', inAnHour);
  assert.ok(!(await builds()), 'all is older');
  for (const path of ['src/deep/file.ts', 'src/deep', 'package.json']) {
    await touch(path, inAnHour + 1);
    assert.ok(await builds(), path);
    await touch(path, inAnHour - 1);
  }
  assert.ok(!(await builds()), 'all is older again');
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

const packedSchema = z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) });
const isSaid = z.boolean().optional();
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ dev: isSaid, optional: isSaid, devOptional: isSaid })),
});
const packageSchema = z.object({ name: z.string(), version: z.string() });
const sbomSchema = z.object({ components: z.array(packageSchema) });
const demoSchema = z.object({
  totals: z.object({ uploaded: z.int() }),
  proof: z.array(z.object({ holds: z.boolean() })),
});
