import { after, before } from 'node:test';
import type { Connection } from 'snowflake-sdk';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { connect, disconnect, execute, select, type Row } from './driver.js';

/** A sandbox of 100 rows and a session in it, for all tests of a `describe`. */
export class SharedSession {
  #sandbox: SnowflakeSandbox | undefined;
  #connection: Connection | undefined;

  constructor() {
    before(async () => {
      this.#sandbox = await startSnowflakeSandbox({ seed: { rows: 100 }, warehouses: ['WH', 'SANDBOX_WH'] });
      this.#connection = await connect(this.#sandbox.accessUrl, { database: 'SKYFLOW_DEMO' });
    });
    after(async () => {
      if (this.#connection !== undefined) await disconnect(this.#connection);
      await this.#sandbox?.close();
    });
  }

  get accessUrl(): string {
    if (this.#sandbox === undefined) throw new Error('no test has begun');
    return this.#sandbox.accessUrl;
  }

  get connection(): Connection {
    if (this.#connection === undefined) throw new Error('no test has begun');
    return this.#connection;
  }

  readonly run = (sql: string): Promise<Row[]> => select(this.connection, sql);
  readonly one = async (sql: string): Promise<unknown> => (await this.run(sql))[0]?.[0];
  readonly names = async (sql: string): Promise<(string | undefined)[]> =>
    ((await execute(this.connection, sql)).getColumns() ?? []).map((column) => column.getName());
}
