import type { Settings, VaultSettings } from '../../config/configuration.js';
import { thrownFinding, type Finding } from '../finding.js';
import type { CheckedLoad } from '../source-kind.js';
import { planQuery, snowflakeConnection } from './plan-snowflake.js';
import { SnowflakePreflight, type VaultQuery } from './preflight.js';

/** Logs in, and tries everything that a load from Snowflake needs; no row of data is read. */
export async function checkSnowflake(
  { settings, vaults, proxy }: CheckedLoad,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  let preflight: SnowflakePreflight | undefined;
  try {
    preflight = new SnowflakePreflight({
      connection: snowflakeConnection(settings.snowflake, proxy),
    });
    const login = await checkLogin(preflight, settings, signal);
    const rest = await checkQueries(preflight, { settings, vaults }, signal);
    return [...login, ...rest];
  } catch (error) {
    signal.throwIfAborted();
    return [thrownFinding(error, 'login'), ...vaults.map(needsLogin)];
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
  ];
}

async function checkQueries(
  preflight: SnowflakePreflight,
  { settings, vaults }: Pick<CheckedLoad, 'settings' | 'vaults'>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const attempt = async (subject: string, look: () => Promise<Finding>): Promise<Finding> => {
    try {
      return await look();
    } catch (error) {
      signal.throwIfAborted();
      return thrownFinding(error, subject);
    }
  };
  const { snowflake } = settings;
  const perVault = vaults.map(async (vault): Promise<Finding[]> => {
    const asked = { vaultName: vault.name, column: vault.column, query: planQuery(snowflake, vault.query) };
    const compiled = await attempt(vault.name, () => compile(preflight, asked, signal));
    if (snowflake.query_mode !== 'union') return [compiled];
    return [compiled, await attempt(vault.name, () => callUdf(preflight, asked, signal))];
  });
  const snapshot =
    snowflake.snapshot === 'table' ? [attempt('snapshot', () => tryTable(preflight, settings, signal))] : [];
  return (await Promise.all([...perVault, Promise.all(snapshot)])).flat();
}

async function compile(
  preflight: SnowflakePreflight,
  asked: VaultQuery,
  signal: AbortSignal,
): Promise<Finding> {
  const columns = await preflight.compile(asked, signal);
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
  asked: VaultQuery,
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
