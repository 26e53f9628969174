import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needsOwnPostgres } from '../support/postgres.js';
import { waitUntil } from '../support/wait-until.js';

test('a PostgreSQL of the tests ends with a test that is killed', needsOwnPostgres, async () => {
  const file = fileURLToPath(new URL('../support/postgres.js', import.meta.url));
  const code = `const { TestPostgres } = await import(${JSON.stringify(file)});
    console.log(await (await TestPostgres.startOwn()).createDatabase());`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(holder.stdout, 'data')) as [Buffer];
  const port = Number(new URL(said.toString()).port);
  assert.ok(await answers(port));

  holder.kill('SIGKILL');

  await waitUntil('its server is gone', async () => !(await answers(port)));
});

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
