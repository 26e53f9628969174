import * as z from 'zod';

/** What the tokens of a service account are to be for, where the account alone does not say it. */
export const tokenWishesSchema = z.strictObject({
  /** `ctx` of the assertion, for accounts that are aware of a context: a text, or a JSON object. */
  context: z.string().optional(),
  /** Ids of roles, for accounts that have several. */
  roles: z.array(z.string()).optional(),
});
export type TokenWishes = Readonly<z.infer<typeof tokenWishesSchema>>;

/** A context as it stands in an assertion: an object where the text is one, else the text. */
export function contextClaim(context: string): unknown {
  try {
    const parsed: unknown = JSON.parse(context);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : context;
  } catch {
    return context;
  }
}

/** What is asked for in the exchange: `role:<id> role:<id>`. */
export function roleScope(roles: readonly string[]): string {
  return roles.map((role) => `role:${role}`).join(' ');
}
