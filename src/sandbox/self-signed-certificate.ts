import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/*
 * Ours, and no library's: the well-kept one (@peculiar/x509) is 358 KB of the package, a quarter of a second of CPU for
 * every sandbox over TLS, and needs a polyfill of `Reflect` in the whole process. node:tls is what judges the result.
 */

/** A certificate authority made for one server, and that server's certificate and key, as PEM. */
export interface ServerCertificate {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x17,
} as const;
const SEQUENCE = 0x30;
const SET = 0x31;

/** Object identifiers, encoded. */
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectKeyId: '551d0e',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  authorityKeyId: '551d23',
  extendedKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
} as const;

const DAY_MS = 86_400_000;

/** One DER element: tag, length, content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const digits = body.length.toString(16);
  const length = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

function oid(hex: string): Buffer {
  return der(TAG.oid, Buffer.from(hex, 'hex'));
}

function commonName(name: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, oid(OID.commonName), der(TAG.utf8, Buffer.from(name)))));
}

/** UTCTime `YYMMDDhhmmssZ`, which RFC 5280 demands up to 2049. */
function time(ms: number): Buffer {
  return der(
    TAG.time,
    Buffer.from(
      `${new Date(ms)
        .toISOString()
        .replace(/[-:T]|\..*/gu, '')
        .slice(2)}Z`,
    ),
  );
}

function extension(id: string, isCritical: boolean, value: Uint8Array): Buffer {
  const critical = isCritical ? [der(TAG.boolean, Buffer.of(0xff))] : [];
  return der(SEQUENCE, oid(id), ...critical, der(TAG.octets, value));
}

function bits(unused: number, content: Uint8Array): Buffer {
  return der(TAG.bits, Buffer.of(unused), content);
}

/** SHA-1 over a public key as RFC 5280 names keys. */
function keyId(spki: Buffer): Buffer {
  // An uncompressed P-256 point: the last 65 bytes of its SubjectPublicKeyInfo.
  return createHash('sha1').update(spki.subarray(-65)).digest();
}

interface Subject {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certificate(subject: Subject, issuer: { readonly name: string; readonly keys: KeyPair }): string {
  const algorithm = der(SEQUENCE, oid(OID.ecdsaWithSha256));
  const spki = spkiOf(subject.publicKey);
  const authority = der(SEQUENCE, der(0x80, keyId(spkiOf(issuer.keys.publicKey))));
  const now = Date.now();
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(TAG.integer, Buffer.of(2))),
    der(TAG.integer, serial),
    algorithm,
    commonName(issuer.name),
    der(SEQUENCE, time(now - DAY_MS), time(now + 365 * DAY_MS)),
    commonName(subject.name),
    spki,
    der(
      0xa3,
      der(
        SEQUENCE,
        ...subject.extensions,
        extension(OID.subjectKeyId, false, der(TAG.octets, keyId(spki))),
        extension(OID.authorityKeyId, false, authority),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, issuer.keys.privateKey);
  return pem(der(SEQUENCE, toBeSigned, algorithm, bits(0, signature)));
}

function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/gu) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function newKeys(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/**
 * Makes an authority and a server certificate (ECDSA P-256, one year) for localhost, 127.0.0.1, ::1 and
 * further host names.
 */
export function createServerCertificate(hostNames: readonly string[] = []): ServerCertificate {
  const issuer = { name: 'skyflow-supervise sandbox authority', keys: newKeys() };
  const server = newKeys();
  const certSign = bits(1, Buffer.of(0x06));
  const digitalSignature = bits(7, Buffer.of(0x80));
  const caPem = certificate(
    {
      name: issuer.name,
      publicKey: issuer.keys.publicKey,
      extensions: [
        extension(OID.basicConstraints, true, der(SEQUENCE, der(TAG.boolean, Buffer.of(0xff)))),
        extension(OID.keyUsage, true, certSign),
      ],
    },
    issuer,
  );
  const names = [
    ...['localhost', ...hostNames].map((name) => der(0x82, Buffer.from(name))),
    der(0x87, Buffer.of(127, 0, 0, 1)),
    der(0x87, Buffer.from('00000000000000000000000000000001', 'hex')),
  ];
  const certPem = certificate(
    {
      name: 'localhost',
      publicKey: server.publicKey,
      extensions: [
        extension(OID.basicConstraints, true, der(SEQUENCE)),
        extension(OID.keyUsage, true, digitalSignature),
        extension(OID.extendedKeyUsage, false, der(SEQUENCE, oid(OID.serverAuth), oid(OID.clientAuth))),
        extension(OID.subjectAltName, false, der(SEQUENCE, ...names)),
      ],
    },
    issuer,
  );
  return { caPem, certPem, keyPem: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
