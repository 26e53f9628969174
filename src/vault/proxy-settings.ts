import * as z from 'zod';

/** The usual proxy variables as they were found; an empty one is no setting. */
export const proxySchema = z
  .strictObject({ httpProxy: z.string(), httpsProxy: z.string(), noProxy: z.string() })
  .partial();
export type ProxySettings = Readonly<z.infer<typeof proxySchema>>;

/** The usual proxy variables, in either case, as they are found. */
export function proxies(environment: NodeJS.ProcessEnv): ProxySettings {
  const either = (name: string): string | undefined => environment[name.toLowerCase()] ?? environment[name];
  return {
    httpProxy: either('HTTP_PROXY'),
    httpsProxy: either('HTTPS_PROXY'),
    noProxy: either('NO_PROXY'),
  };
}
