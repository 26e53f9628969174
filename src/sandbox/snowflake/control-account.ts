import * as z from 'zod';
import { json, objectIn, type Controlled } from '../serve-control.js';
import { VaultRefusal } from '../vault-reply.js';
import type { Account } from './account.js';
import { eventSchema, faultsSchema } from './faults.js';
import { sandboxStats } from './stats.js';

const planSchema = faultsSchema.extend({ now: eventSchema.optional() });
const sqlSchema = z.strictObject({ sql: z.string().min(1) });

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new VaultRefusal(400, z.prettifyError(parsed.error));
}

/** The account as it is steered, on a port of its own, so that it answers while the account is down. */
export function controlAccount(
  account: Account,
  { token, goDown }: { readonly token: string; readonly goDown: (durationMs: number) => Promise<void> },
): Controlled {
  const { faults } = account;
  return {
    token,
    stats: () => sandboxStats(account),
    faults: {
      get current() {
        return faults.current;
      },
      replace: async (body) => {
        const { now, ...plan } = parse(planSchema, body);
        faults.replace(plan);
        if (now === undefined) return;
        await account.happen(now);
        if (now.downMs !== undefined) await goDown(now.downMs);
      },
    },
    answer: async ({ route, body }) =>
      route === 'POST /sandbox/sql'
        ? json(await account.runSql(parse(sqlSchema, objectIn(body)).sql))
        : undefined,
  };
}
