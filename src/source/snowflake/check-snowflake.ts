import type { Settings, VaultSettings } from '../../config/configuration.js';
import { thrownFinding, type Finding, warnBeyondEnd } from '../finding.js';
import { formatCount } from '../../report/format-numbers.js';
import type { CheckedLoad, InputSize, SourceCheck } from '../source-kind.js';
import { planQuery, snowflakeConnection } from './plan-snowflake.js';
import { pinnedParameters } from './session.js';
import { SnowflakePreflight, type CheckedQuery } from './preflight.js';

/** Logs in, and tries everything that a load from Snowflake needs; rows are counted there, and none is read. */
export async function checkSnowflake(
  { settings, vaults, proxy, precount }: CheckedLoad,
  signal: AbortSignal,
): Promise<SourceCheck> {
  let preflight: SnowflakePreflight | undefined;
  try {
    preflight = new SnowflakePreflight({
      connection: snowflakeConnection(settings.snowflake, {
        proxy,
        connectTimeoutMs: settings.performance.connect_timeout_ms,
      }),
    });
    const login = await checkLogin(preflight, settings, signal);
    const { findings, sizes } = await checkQueries(preflight, { settings, vaults, precount }, signal);
    return { findings: [...login, ...findings], sizes };
  } catch (error) {
    signal.throwIfAborted();
    return { findings: [thrownFinding(error, 'login'), ...vaults.map(needsLogin)], sizes: new Map() };
  } finally {
    await preflight?.close();
  }
}

const needsLogin = ({ name }: VaultSettings): Finding => ({
  status: 'not_checked',
  subject: name,
  message: 'not checked: needs the login to Snowflake',
});

async function checkLogin(
  preflight: SnowflakePreflight,
  { snowflake }: Settings,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { user, role, warehouse } = await preflight.logIn(signal);
  const session = pinnedParameters(snowflake.statement_timeout_seconds);
  const who = `${snowflake.account ?? ''} as ${user ?? 'nobody'}, role ${role ?? 'none'}`;
  return [
    { status: 'good', subject: 'login', message: who },
    warehouse === undefined
      ? {
          status: 'bad',
          subject: 'warehouse',
          message: `${snowflake.warehouse} is not in use`,
          hint: 'Check that snowflake.warehouse exists and that the role may use it (--sf-warehouse, --sf-role).',
        }
      : { status: 'good', subject: 'warehouse', message: `${warehouse} is in use` },
    {
      status: 'good',
      subject: 'session',
      message: `a load sets the time limit of statements, the time zone and how times are written:\n${session}`,
    },
  ];
}

async function checkQueries(
  preflight: SnowflakePreflight,
  { settings, vaults, precount }: Pick<CheckedLoad, 'settings' | 'vaults' | 'precount'>,
  signal: AbortSignal,
): Promise<SourceCheck> {
  const attempt = async (subject: string, look: () => Promise<Finding>): Promise<Finding> => {
    try {
      return await look();
    } catch (error) {
      signal.throwIfAborted();
      return thrownFinding(error, subject);
    }
  };
  const { snowflake } = settings;
  const sizes = new Map<string, InputSize>();
  const perVault = vaults.map(async (vault): Promise<Finding[]> => {
    const { name } = vault;
    const asked = { vaultName: name, column: vault.column, query: planQuery(snowflake, vault.query) };
    let columns = 0;
    const findings = [
      await attempt(name, async () => {
        columns = await preflight.compile(asked, signal);
        return compiled(asked, columns);
      }),
    ];
    if (snowflake.query_mode === 'union')
      findings.push(await attempt(name, () => callUdf(preflight, asked, signal)));
    if (!precount || columns < 2) return findings;
    try {
      const { rows, shape } = await preflight.measure(asked, columns, signal);
      sizes.set(name, { rows, shape, bytes: 0 });
      findings.push({ status: 'good', subject: name, message: `the query gives ${formatCount(rows)} rows` });
      const { start_record: start = snowflake.start_record } = settings.performance;
      findings.push(...warnBeyondEnd(name, start, rows));
    } catch (error) {
      signal.throwIfAborted();
      const { message, hint } = thrownFinding(error);
      findings.push({ status: 'warn', subject: name, message, hint });
    }
    return findings;
  });
  const snapshot =
    snowflake.snapshot === 'table' ? [attempt('snapshot', () => tryTable(preflight, settings, signal))] : [];
  const findings = (await Promise.all([...perVault, Promise.all(snapshot)])).flat();
  return { findings, sizes };
}

function compiled(asked: CheckedQuery, columns: number): Finding {
  const subject = asked.vaultName;
  if (columns >= 2) {
    return { status: 'good', subject, message: `the query (mode ${asked.query.mode}) compiles` };
  }
  return {
    status: 'bad',
    subject,
    message: `the query gives ${columns} column, and needs two: value and token`,
    hint: `Change the query of ${subject}.`,
  };
}

async function callUdf(
  preflight: SnowflakePreflight,
  asked: CheckedQuery,
  signal: AbortSignal,
): Promise<Finding> {
  const udf = await preflight.callUdf(asked, signal);
  return { status: 'good', subject: asked.vaultName, message: `the UDF ${udf ?? ''} can be called` };
}

async function tryTable(
  preflight: SnowflakePreflight,
  { snowflake }: Settings,
  signal: AbortSignal,
): Promise<Finding> {
  const table = await preflight.tryTable(snowflake.scratch_schema, signal);
  const place = table.split('.').slice(0, -1).join('.');
  return { status: 'good', subject: 'snapshot', message: `a table can be made in ${place}, and dropped` };
}
