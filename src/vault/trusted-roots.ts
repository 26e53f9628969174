import { X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { readTrusted } from '../trust/open-trusted.js';

/** Said wherever a context is made: `--tls-min-v1.0` lowers Node's own default. */
const minVersion = 'TLSv1.2';

/**
 * What TLS connections trust: Node's own roots, those of NODE_EXTRA_CA_CERTS, and those of `caFile` (PEM); TLS 1.2 at
 * least.
 * Throws a SuperviseError `config` when the file cannot be read or holds no certificate.
 */
export async function createTrust(caFile: string | undefined): Promise<SecureContext> {
  // Without a CA of our own, Node's default store is in force; it knows NODE_EXTRA_CA_CERTS by itself.
  if (caFile === undefined) return createSecureContext({ minVersion });
  const ca = [...rootCertificates, await readCertificates(caFile, 'the CA file')];
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  if (extra !== undefined && extra !== '') ca.push(await readCertificates(extra, 'NODE_EXTRA_CA_CERTS'));
  return createSecureContext({ ca, minVersion });
}

const maxPemBytes = 16 << 20;

async function readCertificates(file: string, origin: string): Promise<string> {
  let pem: string;
  try {
    pem = (await readTrusted(file, maxPemBytes)).toString();
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw new SuperviseError(
      'config',
      `${origin} cannot be read: ${file} (${systemCode(error) ?? 'unreadable'})`,
      {
        hint: 'Name a readable PEM file.',
        cause: error,
      },
    );
  }
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (error) {
    throw notCertificates(file, origin, error);
  }
  if (certificates.length === 0) throw notCertificates(file, origin);
  return certificates.join('\n');
}

function notCertificates(file: string, origin: string, cause?: unknown): SuperviseError {
  return new SuperviseError('config', `${origin} holds no readable certificate: ${file}`, {
    hint: 'It must be PEM: blocks that begin with -----BEGIN CERTIFICATE-----.',
    cause,
  });
}
