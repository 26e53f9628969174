import { formatCount } from '../../report/format-numbers.js';
import {
  notMine,
  type Reading,
  type SourceKind,
  type WantedSetting,
  type LoadIntent,
} from '../source-kind.js';
import type { SettingsView } from '../../config/settings-view.js';
import type { ProxySettings } from '../../vault/proxy-choice.js';
import type { ConflictCheckOptions } from './check-conflicts.js';
import { accountName } from './account-name.js';
import { resultLifetime } from './expiry-watch.js';
import { missingLogin } from './missing-login.js';
import { planQuery, snowflakeConnection, snowflakeSql } from './plan-snowflake.js';
import type { SnowflakeConnection } from './snowflake-options.js';
import type { SnowflakeSettings } from './snowflake-settings.js';

const mebibyte = 2 ** 20;

/** The result of a query, or a table that is made from it. */
export const snowflakeKind: SourceKind = {
  name: 'snowflake',
  flags: ['--print-sql'],
  title: 'Snowflake',
  usualMaxRecords: 100,
  // Chunks of results are large.
  childBytes: { empty: 170 * mebibyte, usual: 420 * mebibyte },
  readsAgain: false,
  judge: (view) => {
    if (view.text('snowflake.snapshot') === 'table' && !view.has('snowflake.scratch_schema'))
      view.report(
        'snowflake.scratch_schema',
        'nothing',
        'the schema in which snapshot "table" may make its table',
      );
  },
  complete,
  warnings: ({ snowflake }) =>
    snowflake.role?.toUpperCase() === 'ACCOUNTADMIN'
      ? ['the Snowflake role is ACCOUNTADMIN, which may do anything; a role that only reads is enough']
      : [],
  prepare: async () => (await import('./load-driver.js')).assertDriver(),
  remarks: () => [],
  files: () => [],
  // Positions are rows of the slice: it is a part of what is asked.
  extent: () => undefined,
  query: snowflakeSql,
  plan: (vault, { snowflake, performance }, { proxy, checkConflicts }) => {
    snowflakeConnection(snowflake, { proxy });
    const { start_record = snowflake.start_record, end_record = snowflake.end_record } = performance;
    const settings = { ...snowflake, start_record, end_record };
    return { kind: 'snowflake', settings, sql: vault.query, proxy, checkConflicts };
  },
  check: async (load, signal) => {
    const { checkSnowflake } = await import('./check-snowflake.js');
    return checkSnowflake(load, signal);
  },
  lifetime: ({ snowflake }) => (snowflake.snapshot === 'table' ? undefined : resultLifetime),
  interview: async (ask) => (await import('./interview.js')).askSnowflake(ask),
  heapLimitMb: (spec) => (spec.kind === 'snowflake' ? spec.settings.heap_limit_mb : undefined),
  open: async (spec, reading) => {
    if (spec.kind !== 'snowflake') throw notMine(spec);
    const { openSnowflakeSource } = await import('./snowflake-source.js');
    const { runId, vault, mostRecords, maxBatchBytes, connectTimeoutMs } = reading;
    const { ledger, notice, signal } = reading;
    const { settings, proxy, sql, checkConflicts } = spec;
    const { query: submitted, hasBegun } = ledger;
    const options = {
      vaultName: vault.name,
      column: vault.column,
      runId,
      connection: snowflakeConnection(settings, { proxy, connectTimeoutMs }),
      renew: loginRenewal(settings, proxy, reading),
      login: reading.login,
      query: planQuery(settings, sql),
      snapshot: settings.snapshot,
      scratchSchema: settings.scratch_schema,
      keepSnapshot: settings.keep_snapshot,
      queryId: settings.query_id,
      startRecord: settings.start_record,
      endRecord: settings.end_record,
      fetchSize: settings.fetch_size,
      statementTimeoutSeconds: settings.statement_timeout_seconds,
      watchdogMs: settings.watchdog_ms,
      mostRecords,
      maxBatchBytes,
      ...(submitted === undefined ? {} : { recorded: { ...submitted, rowsTaken: hasBegun } }),
      onQuerySubmitted: (query: Parameters<typeof ledger.recordQuery>[0]) => ledger.recordQuery(query),
      onNotice: notice,
    };
    if (checkConflicts && !hasBegun) await reportConflicts(options, signal);
    return openSnowflakeSource(options);
  },
};

/** The same connection with secrets that their commands give anew; undefined when none of them is another one. */
function loginRenewal(
  configured: SnowflakeSettings,
  proxy: ProxySettings,
  { renewSecret, connectTimeoutMs }: Pick<Reading, 'renewSecret' | 'connectTimeoutMs'>,
): (signal: AbortSignal) => Promise<SnowflakeConnection | undefined> {
  let settings = configured;
  return async (signal) => {
    const before = settings;
    for (const name of ['password', 'oauth_token', 'private_key', 'private_key_passphrase'] as const) {
      if (settings[`${name}_command`] === undefined) continue;
      const text = await renewSecret(`snowflake.${name}`, settings[name] ?? '', signal);
      if (text !== undefined) settings = { ...settings, [name]: text };
    }
    return settings === before ? undefined : snowflakeConnection(settings, { proxy, connectTimeoutMs });
  };
}

async function reportConflicts(options: ConflictCheckOptions, signal: AbortSignal): Promise<void> {
  const { checkConflicts } = await import('./check-conflicts.js');
  const { valuesWithSeveralTokens, tokensWithSeveralValues } = await checkConflicts(options, signal);
  options.onNotice(
    `conflicting pairs: ${formatCount(valuesWithSeveralTokens)} values with several tokens, ${formatCount(tokensWithSeveralValues)} tokens with several values`,
  );
}

function complete(view: SettingsView, intent: LoadIntent): readonly WantedSetting[] {
  if (!view.has('snowflake.account')) {
    view.report(
      'snowflake.account',
      'nothing',
      'an account identifier, such as ORG-ACCOUNT; there is no default',
    );
  }
  const account = view.text('snowflake.account');
  if (account !== undefined && accountName(account) === undefined) {
    view.report(
      'snowflake.account',
      'a text that names no account',
      'an account identifier, such as ORG-ACCOUNT, or https://ORG-ACCOUNT.snowflakecomputing.com; another address belongs into snowflake.access_url',
    );
  }
  for (const name of ['account', 'warehouse', 'database', 'schema', 'role']) {
    const key = `snowflake.${name}`;
    if (view.text(key)?.startsWith('YOUR_') !== true) continue;
    view.report(key, "the example's placeholder", 'a name of yours, or nothing');
  }
  const hasKey = view.has('snowflake.private_key_path') || view.has('snowflake.private_key');
  if (view.text('snowflake.authenticator') === 'SNOWFLAKE_JWT' && !hasKey) {
    view.report('snowflake.private_key_path', 'nothing', 'the PEM file of the private key for SNOWFLAKE_JWT');
  }
  if (view.text('snowflake.query_mode') === 'custom') {
    for (let index = 0; index < (view.vaultCount ?? 0); index += 1) {
      const name = view.text(`skyflow.vaults[${index}].name`)?.toLowerCase();
      const chosen = intent.selection?.some((wanted) => wanted.toLowerCase() === name) ?? true;
      if (chosen && !view.has(`skyflow.vaults[${index}].query`)) {
        view.report(
          `skyflow.vaults[${index}].query`,
          'nothing',
          'the SQL of this vault, for query_mode custom',
        );
      }
    }
  }
  // A new run asks anew and may get other positions: only an upsert of unchanged values is safe then.
  const again = intent.newRun && view.boolean('skyflow.upsert') === true;
  if (again && view.boolean('performance.append_suffix') === true) {
    view.report('performance.append_suffix', 'true together with --new-run and upsert', 'false');
  }
  return missingLogin({
    authenticator: view.text('snowflake.authenticator') ?? 'snowflake',
    keyPath: view.text('snowflake.private_key_path'),
    workingDirectory: intent.workingDirectory,
    has: (name) => view.has(`snowflake.${name}`),
  });
}
