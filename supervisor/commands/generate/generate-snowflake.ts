import type { Settings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { type HeldTable, fillTables } from '../../../src/generate/fill-tables.js';
import { createStamp } from '../../../src/generate/mock-rows.js';
import { type MockTable, mockTables } from '../../../src/generate/mock-tables.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { RowInserter, maxInsertRows } from '../../../src/source/snowflake/insert-rows.js';
import { canAsk } from '../../ask/prompt.js';
import type { GenerateCommand } from './definition.js';
import { proxies } from '../../../src/vault/proxy-choice.js';
import { snowflakeConnection } from '../../../src/source/snowflake/plan-snowflake.js';
import { askToProceed } from '../../ask/ask-to-proceed.js';
import { writeForPeople } from '../../view/write-for-people.js';
import { missingAsProblem, missingSetting } from '../../../src/config/check-completeness.js';
import { ConfigurationError } from '../../../src/config/configuration-error.js';
import { missingLogin } from '../../../src/source/snowflake/missing-login.js';
import { type Asker, terminalAsker } from '../../ask/asker.js';

export interface SnowflakeGeneration {
  readonly command: GenerateCommand;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly onProgress: (table: string, rows: number) => void;
}

/**
 * `generate N --output snowflake`: mock rows in the tables that the configured query mode reads, which are made when
 * they are missing. Rows that are there stay, unless `--truncate` is given and confirmed.
 */
export async function generateIntoSnowflake(generation: SnowflakeGeneration): Promise<void> {
  const { command, settings, signal, onProgress } = generation;
  const tables = tablesOf(command, settings);
  const snowflake = await withSnowflakeLogin(settings.snowflake);
  const inserter = new RowInserter({
    connection: snowflakeConnection(snowflake, { proxy: proxies(process.env) }),
    purpose: '(mock data)',
    onNotice: (message) => writeForPeople(process.stderr, `${message}\n`),
  });
  try {
    const filled = await fillTables({
      tables,
      count: command.count,
      insertRows: command.insertRows,
      held: command.truncate ? 'truncate' : command.force ? 'append' : 'refuse',
      confirm: (held) => confirmTruncation(held, command.yes),
      writer: {
        prepare: (table, at) => inserter.prepare(table, at),
        truncate: (table, at) => inserter.truncate(table, at),
        insert: (table, rows, at) => inserter.insert(table, rows, at),
        maxRows: maxInsertRows,
      },
      signal,
      onProgress,
    });
    if (!filled) {
      writeForPeople(process.stdout, 'nothing was changed\n');
      return;
    }
    for (const table of tables) {
      writeForPeople(
        process.stdout,
        `${inserter.nameOf(table)}: ${formatCount(command.count)} rows inserted\n`,
      );
    }
  } finally {
    await inserter.close();
  }
}

function tablesOf({ seed }: GenerateCommand, { snowflake }: Settings): MockTable[] {
  const { query_mode: mode, table, clm_table: clmTable, mbr_table: mbrTable } = snowflake;
  if (mode === 'custom') {
    throw new SuperviseError('usage', 'query mode custom has no tables that mock data could go to', {
      hint: 'Choose --sf-query-mode simple, union or generic.',
    });
  }
  const stamp = createStamp(seed === undefined ? undefined : String(seed));
  return mockTables({ mode, table, clmTable, mbrTable }, stamp);
}

async function confirmTruncation(held: readonly HeldTable[], yes: boolean): Promise<boolean> {
  if (yes) return true;
  const tables = held.map(({ name, rows }) => `${name} (${formatCount(rows)} rows)`).join(' and ');
  if (!canAsk()) {
    throw new SuperviseError('usage', `--truncate would empty ${tables}, and nobody can be asked`, {
      hint: 'Say --yes to empty it without a question; nothing was changed.',
    });
  }
  writeForPeople(process.stderr, `Every row is deleted from ${tables}.\n`);
  return askToProceed();
}

type Snowflake = Settings['snowflake'];

/** The settings with what was missing to log in, asked for on a terminal; a ConfigurationError where nobody can be asked. */
async function withSnowflakeLogin(snowflake: Snowflake, asker: Asker = terminalAsker): Promise<Snowflake> {
  const missing = missingLogin({
    authenticator: snowflake.authenticator,
    keyPath: snowflake.private_key_path,
    workingDirectory: process.cwd(),
    has: (name) => snowflake[name] !== undefined,
  }).map(missingSetting);
  if (missing.length === 0) return snowflake;
  if (!asker.canAsk()) throw new ConfigurationError(missing.map(missingAsProblem));
  const answers: Record<string, string> = {};
  for (const { key, question, secret } of missing) {
    const answer = await (secret ? asker.secret(`${question}:`) : asker.text(`${question}:`));
    if (answer === undefined)
      throw new SuperviseError('interrupted', `no ${question} was given; nothing was started`);
    answers[key.replace('snowflake.', '')] = answer;
  }
  return { ...snowflake, ...answers };
}
