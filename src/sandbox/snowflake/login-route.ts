import * as z from 'zod';
import type { Account } from './account.js';
import { authenticate } from './authenticate.js';
import { BadRequest } from './http-exchange.js';
import { loginReply, refusedReply, type ProtocolReply } from './replies.js';

const optionalText = z.string().nullish();

const loginSchema = z.object({
  data: z.object({
    ACCOUNT_NAME: optionalText,
    LOGIN_NAME: optionalText,
    PASSWORD: optionalText,
    TOKEN: optionalText,
    AUTHENTICATOR: optionalText,
    SESSION_PARAMETERS: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** A name as a client gives it: in upper case unless it stands in quotation marks. */
function resolved(name: string | undefined): string | undefined {
  return name?.startsWith('"') === true ? name.slice(1, -1).replaceAll('""', '"') : name?.toUpperCase();
}

interface Choice {
  readonly database: string | undefined;
  readonly schema: string | undefined;
  readonly warehouse: string | undefined;
}

/** What of it there is, and the first thing that is missing: a login is not refused for it unless that is asked for. */
async function chosen(
  account: Account,
  asked: Choice,
): Promise<Choice & { readonly missing?: 'database' | 'schema' | 'warehouse' }> {
  const { database, schema = 'PUBLIC', warehouse } = asked;
  const hasDatabase = database !== undefined && (await account.engine.exists(database));
  const hasSchema = hasDatabase && (await account.engine.exists(database, schema));
  const hasWarehouse = warehouse !== undefined && account.hasWarehouse(warehouse);
  return {
    database: hasDatabase ? database : undefined,
    schema: hasSchema ? schema : undefined,
    warehouse: hasWarehouse ? warehouse : undefined,
    ...(database !== undefined && !hasDatabase
      ? { missing: 'database' as const }
      : asked.schema !== undefined && !hasSchema
        ? { missing: 'schema' as const }
        : hasWarehouse
          ? {}
          : { missing: 'warehouse' as const }),
  };
}

/** Opens a session for whom the users know, with the database, schema, role and warehouse that the URL names. */
export async function login(account: Account, url: URL, body: unknown): Promise<ProtocolReply> {
  const parsed = loginSchema.safeParse(body);
  if (!parsed.success) throw new BadRequest(`Not a login request: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed.data;
  const { accounts } = account.options;
  const accountName = (data.ACCOUNT_NAME ?? '').toUpperCase();
  if (accounts.length > 0 && !accounts.some((known) => known.toUpperCase() === accountName)) {
    throw new BadRequest('Forbidden', { status: 403 });
  }
  const verdict = authenticate(
    {
      accountName: data.ACCOUNT_NAME ?? '',
      loginName: data.LOGIN_NAME ?? undefined,
      authenticator: data.AUTHENTICATOR ?? 'SNOWFLAKE',
      password: data.PASSWORD ?? undefined,
      token: data.TOKEN ?? undefined,
    },
    account.options.users,
  );
  if (verdict.kind === 'refused') {
    account.loginsRefused += 1;
    return refusedReply(verdict, { nextAction: 'RETRY_LOGIN', authnMethod: 'USERNAME_PASSWORD' });
  }
  const given = Object.entries(data.SESSION_PARAMETERS ?? {});
  const parameters = new Map(given.map(([name, value]) => [name.toUpperCase(), String(value)]));
  const named = (name: string) => url.searchParams.get(name) ?? undefined;
  const current = await chosen(account, {
    database: resolved(named('databaseName')),
    schema: resolved(named('schemaName')),
    warehouse: resolved(named('warehouse')) ?? 'SANDBOX_WH',
  });
  if (current.missing !== undefined && parameters.get('CLIENT_VALIDATE_DEFAULT_PARAMETERS') === 'true') {
    const message = `The requested ${current.missing} does not exist or not authorized.`;
    return refusedReply({ code: '390201', message });
  }
  const session = account.sessions.open({
    user: verdict.user.name.toUpperCase(),
    parameters,
    database: current.database,
    schema: current.schema,
    role: named('roleName') ?? 'PUBLIC',
    warehouse: current.warehouse,
  });
  const keepAlive = session.parameters.get('CLIENT_SESSION_KEEP_ALIVE') === 'true';
  return loginReply(session, account.sessions.limits, keepAlive);
}
