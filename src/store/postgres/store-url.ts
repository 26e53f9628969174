import { SuperviseError } from '../../errors/supervise-error.js';
import { isLoopbackHost } from '../../outside/hosts.js';

/** How TLS is used when the URL does not say: verified, but on this machine. */
const USUAL_MODE = 'verify-full';
const verifiedModes: ReadonlySet<string> = new Set([USUAL_MODE, 'verify-ca']);

/**
 * The URL of a store as the driver takes it. Throws `config` for what is no URL of PostgreSQL, and where certificates of
 * another machine would not be looked at. No message quotes it: it holds a password.
 */
export function storeUrl(text: string): string {
  const refuse = (problem: string): SuperviseError =>
    new SuperviseError('config', `the URL of the store ${problem}`, {
      hint: 'store.url is postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE; give it in SKYFLOW_STORE.',
    });
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) throw refuse('is not one of PostgreSQL');
  const host = url.searchParams.get('host') ?? url.hostname;
  const isHere = host === '' || host.startsWith('/') || isLoopbackHost(host);
  const mode = url.searchParams.get('sslmode');
  if (isHere) return text;
  if (mode === null) url.searchParams.set('sslmode', USUAL_MODE);
  else if (!verifiedModes.has(mode)) throw refuse(`has sslmode=${mode}, which does not verify who answers`);
  return url.toString();
}
