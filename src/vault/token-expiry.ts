import { decodeJwt } from 'jose';

/** When a bearer token says that it expires, in milliseconds since 1970; undefined for one that does not say. */
export function tokenExpiryMs(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}
