import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** At the end of a module that loads a program: keeps what V8 has made of it by the end of its process. */
const keeping = `
import { chmodSync, writeFileSync } from 'node:fs';
import v8 from 'node:v8';
// V8 takes it only under the flags under which it was kept: those that a process sets later on are not among them.
v8.setFlagsFromString = () => undefined;
process.on('exit', () => {
  writeFileSync(compiledFile, script.createCachedData());
  // A process that holds records makes files for its owner alone; this one is for whoever may read the code.
  chmodSync(compiledFile, 0o644);
});
`;

/**
 * What V8 makes of the programs in a small load is kept beside them: a function that only runs in one would be compiled
 * at every start. It is kept with the code's digest and V8's version; V8 itself refuses it under other flags.
 */
export async function keepCompiled(dist, programs) {
  const loaders = programs.map((program) => join(dist, 'chunks', program, 'load.js'));
  const texts = await Promise.all(loaders.map((path) => readFile(path, 'utf8')));
  await Promise.all(loaders.map((path, at) => writeFile(path, texts[at] + keeping)));
  try {
    await loadOnce(join(dist, 'supervisor/main.js'));
  } finally {
    await Promise.all(loaders.map((path, at) => writeFile(path, texts[at])));
  }
}

/** Three requests' worth of records, into a sandbox in this process. */
async function loadOnce(program) {
  const { startVaultSandbox } = await import('../dist/src/sandbox/vault-sandbox.js');
  const folder = await mkdtemp(join(tmpdir(), 'skyflow-supervise-build-'));
  const caFile = join(folder, 'ca.pem');
  const sandbox = await startVaultSandbox({ port: 0, tls: true, tlsPort: 0, caFile });
  const rows = Array.from({ length: 300 }, (_, row) => row);
  const write = (name, lines) => writeFile(join(folder, name), `${lines.join('\n')}\n`, { mode: 0o600 });
  try {
    await write('name_data.csv', ['full_name', ...rows.map((row) => `Value ${row}`)]);
    await write('name_tokens.csv', ['full_name_token', ...rows.map((row) => `token-${row}`)]);
    await write('config.json', [
      JSON.stringify({
        skyflow: {
          vault_url: sandbox.tlsUrl,
          ca_file: caFile,
          bearer_token: 'any',
          vaults: [{ name: 'NAME', id: 'vault', column: 'name' }],
        },
        csv: { data_directory: '.' },
        performance: { append_suffix: false, max_records: 0, batch_size: 100 },
      }),
    ]);
    const load = spawn(process.execPath, [join(process.cwd(), program), '--all', '--json'], {
      cwd: folder,
      env: { PATH: process.env.PATH, XDG_STATE_HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = [];
    load.stderr.on('data', (chunk) => said.push(chunk));
    const [status] = await once(load, 'close');
    // The programs are whole without it, and begin more slowly.
    if (status !== 0)
      process.stderr.write(
        `what is compiled was not kept: a small load ended with ${status}\n${said.join('')}`,
      );
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}
