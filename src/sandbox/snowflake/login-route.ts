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

/** Opens a session for whom the users know, with the database, schema, role and warehouse that the URL names. */
export function login(account: Account, url: URL, body: unknown): ProtocolReply {
  const parsed = loginSchema.safeParse(body);
  if (!parsed.success) throw new BadRequest(`Not a login request: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed.data;
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
  const named = (name: string) => url.searchParams.get(name) ?? undefined;
  const database = named('databaseName');
  const session = account.sessions.open({
    user: verdict.user.name.toUpperCase(),
    parameters: new Map(given.map(([name, value]) => [name.toUpperCase(), String(value)])),
    database,
    schema: database === undefined ? undefined : (named('schemaName') ?? 'PUBLIC'),
    role: named('roleName') ?? 'PUBLIC',
    warehouse: named('warehouse') ?? 'SANDBOX_WH',
  });
  const keepAlive = session.parameters.get('CLIENT_SESSION_KEEP_ALIVE') === 'true';
  return loginReply(session, account.sessions.limits, keepAlive);
}
