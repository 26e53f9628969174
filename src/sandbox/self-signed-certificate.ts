import { createHash, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import * as pki from 'pkijs';

/** A certificate authority made for one server, and that server's certificate and key, as PEM. */
export interface ServerCertificate {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 86_400_000;
const COMMON_NAME = '2.5.4.3';
const SERVER_AND_CLIENT = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
/** What a key is for: its bit, counted from the left, and the bits to the right of it that say nothing. */
const DIGITAL_SIGNATURE = { valueHex: Buffer.of(0x80), unusedBits: 7 };
const CERTIFICATE_SIGN = { valueHex: Buffer.of(0x04), unusedBits: 2 };
/** Kinds of alternative names (RFC 5280). */
const DNS_NAME = 2;
const IP_ADDRESS = 7;
const LOOPBACK = [Buffer.of(127, 0, 0, 1), Buffer.from('00000000000000000000000000000001', 'hex')];

/**
 * Makes an authority and a server certificate (ECDSA P-256, one year) for localhost, 127.0.0.1, ::1 and
 * further host names.
 */
export async function createServerCertificate(hostNames: readonly string[] = []): Promise<ServerCertificate> {
  const authority = await createHolder('skyflow-supervise sandbox authority');
  const server = await createHolder('localhost');
  const altNames = [
    ...['localhost', ...hostNames].map((value) => new pki.GeneralName({ type: DNS_NAME, value })),
    ...LOOPBACK.map(
      (valueHex) => new pki.GeneralName({ type: IP_ADDRESS, value: new OctetString({ valueHex }) }),
    ),
  ];
  const caPem = await certify(authority, authority, [
    critical(pki.id_BasicConstraints, new pki.BasicConstraints({ cA: true }).toSchema()),
    critical(pki.id_KeyUsage, new BitString(CERTIFICATE_SIGN)),
  ]);
  const certPem = await certify(server, authority, [
    critical(pki.id_BasicConstraints, new pki.BasicConstraints().toSchema()),
    critical(pki.id_KeyUsage, new BitString(DIGITAL_SIGNATURE)),
    extension(pki.id_ExtKeyUsage, new pki.ExtKeyUsage({ keyPurposes: SERVER_AND_CLIENT }).toSchema()),
    extension(pki.id_SubjectAltName, new pki.AltName({ altNames }).toSchema()),
  ]);
  const keyPem = KeyObject.from(server.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { caPem, certPem, keyPem };
}

/** Who a certificate is for or from: a name and a key, which SHA-1 tells from others as RFC 5280 has it. */
async function createHolder(name: string) {
  const key = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await webcrypto.subtle.generateKey(key, true, ['sign', 'verify']);
  const publicKeyInfo = new pki.PublicKeyInfo();
  await publicKeyInfo.importKey(publicKey);
  const { valueHexView } = publicKeyInfo.subjectPublicKey.valueBlock;
  const keyId = new OctetString({ valueHex: createHash('sha1').update(valueHexView).digest() });
  return { name, privateKey, publicKeyInfo, keyId };
}

type Holder = Awaited<ReturnType<typeof createHolder>>;

async function certify(subject: Holder, issuer: Holder, extensions: readonly pki.Extension[]) {
  const made = new pki.Certificate({
    version: 2,
    // Positive, and never with a zero in front.
    serialNumber: new Integer({ valueHex: Buffer.concat([Buffer.of(0x40), randomBytes(15)]) }),
    issuer: commonName(issuer.name),
    subject: commonName(subject.name),
    notBefore: new pki.Time({ value: new Date(Date.now() - DAY_MS) }),
    notAfter: new pki.Time({ value: new Date(Date.now() + 365 * DAY_MS) }),
    subjectPublicKeyInfo: subject.publicKeyInfo,
  });
  const { keyId: keyIdentifier } = issuer;
  made.extensions = [
    ...extensions,
    extension(pki.id_SubjectKeyIdentifier, subject.keyId),
    extension(pki.id_AuthorityKeyIdentifier, new pki.AuthorityKeyIdentifier({ keyIdentifier }).toSchema()),
  ];
  await made.sign(issuer.privateKey, 'SHA-256');
  return new X509Certificate(Buffer.from(made.toSchema().toBER())).toString();
}

function commonName(value: string) {
  const name = new pki.AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value }) });
  return new pki.RelativeDistinguishedNames({ typesAndValues: [name] });
}

type Encoded = Pick<OctetString, 'toBER'>;

function extension(extnID: string, value: Encoded, isCritical = false) {
  return new pki.Extension({ extnID, critical: isCritical, extnValue: value.toBER() });
}

function critical(extnID: string, value: Encoded) {
  return extension(extnID, value, true);
}
