import { systemCode } from '../errors/supervise-error.js';

/** What a certificate is refused with when no trusted authority stands behind it (OpenSSL's names, in Node's spelling). */
const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** Failures to connect that no waiting mends: a name, a certificate, a protocol or a proxy that does not fit. */
const LASTING = new Set([
  ...UNTRUSTED,
  'ENOTFOUND',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'HTTP2_NOT_OFFERED',
  'HTTP_NOT_LOOPBACK',
  'PROXY_CREDENTIALS_REFUSED',
]);

/** Whether a failure to connect with this code comes from the settings rather than from the moment. */
export function isLastingFailure(code: string | undefined): boolean {
  return code !== undefined && LASTING.has(code);
}

/**
 * A network error in words, with what to do about it where that is a setting of ours. The words are Node's own, but for
 * those that quote the certificate.
 */
export function describeNetworkError(error: Error): string {
  // A failed attempt at several addresses is an AggregateError without a message of its own.
  if (error instanceof AggregateError) return error.errors.map((one) => (one as Error).message).join('; ');
  const message = error.message === '' ? error.name : error.message;
  const code = systemCode(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'the certificate is for another host';
  if (!UNTRUSTED.has(code ?? '')) return message;
  return `${message}: no trusted authority stands behind the certificate; a private one is named by skyflow.ca_file`;
}
