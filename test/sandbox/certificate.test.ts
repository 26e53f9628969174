import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { createServerCertificate } from '../../src/sandbox/self-signed-certificate.js';

async function handshake(t: TestContext, ca: string, servername: string): Promise<TLSSocket> {
  const server = createServer({ key: certificate.keyPem, cert: certificate.certPem }, (socket) => {
    socket.on('error', () => undefined);
    socket.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', ca, servername });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

const certificate = await createServerCertificate();

test('node:tls accepts the certificate for localhost when it is given the authority', async (t) => {
  const socket = await handshake(t, certificate.caPem, 'localhost');
  assert.equal(socket.authorized, true);
});

test('node:tls refuses the certificate for another name', async (t) => {
  await assert.rejects(handshake(t, certificate.caPem, 'example.com'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
});

test('node:tls refuses the certificate when it is given another authority', async (t) => {
  const other = await createServerCertificate();
  await assert.rejects(handshake(t, other.caPem, 'localhost'));
});

test('the authority is a CA and the server certificate is not, and names both loopback addresses', () => {
  const authority = new X509Certificate(certificate.caPem);
  const server = new X509Certificate(certificate.certPem);
  assert.equal(authority.ca, true);
  assert.equal(server.ca, false);
  assert.equal(server.checkIssued(authority), true);
  assert.equal(server.verify(authority.publicKey), true);
  assert.equal(server.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(server.checkIP('::1'), '::1');
  assert.equal(server.checkHost('localhost'), 'localhost');
  assert.ok(new Date(server.validFrom) < new Date() && new Date(server.validTo) > new Date());
});
