import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { withoutDriver } from '../support/optional-packages.js';
import { SnowflakePreflight } from '../../src/source/snowflake/preflight.js';
import { never } from './fixture.js';

test(
  'a port that takes connections and never answers is given up after connect_timeout_ms, in words',
  { skip: withoutDriver },
  async () => {
    const opened: Socket[] = [];
    const silent = createServer((socket) => {
      opened.push(socket);
      // What gives up first resets it.
      socket.on('error', () => undefined).resume();
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const preflight = new SnowflakePreflight({
      connection: {
        accessUrl: `https://127.0.0.1:${port}`,
        ...{ account: 'sandbox', user: 'loader', password: 'sandbox-password', authenticator: 'snowflake' },
        ...{ warehouse: 'W', database: 'D', schema: 'S', proxy: {}, connectTimeoutMs: 200 },
      },
      patience: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 },
    });
    try {
      await assert.rejects(preflight.logIn(never), {
        code: 'source',
        message: /no connection within 200 ms \(connect_timeout_ms\)/,
      });
      await Promise.all(opened.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));
      assert.ok(opened.length >= 1);
    } finally {
      await preflight.close();
      for (const socket of opened) socket.destroy();
      silent.close();
    }
  },
);
