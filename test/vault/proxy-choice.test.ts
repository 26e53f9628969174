import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { chooseProxy } from '../../src/vault/proxy-choice.js';

const SETTINGS = { httpProxy: 'http://plain.proxy:1', httpsProxy: 'https://user:pass@tls.proxy:2' };

const hostOf = (target: string, noProxy = '') => chooseProxy(new URL(target), { ...SETTINGS, noProxy })?.host;

test('each scheme has its own proxy, and an empty setting is none', () => {
  assert.equal(hostOf('http://vault.example'), 'plain.proxy:1');
  assert.equal(hostOf('https://vault.example'), 'tls.proxy:2');
  assert.equal(
    chooseProxy(new URL('https://vault.example'), { httpProxy: 'http://plain.proxy:1', httpsProxy: ' ' }),
    undefined,
  );
  assert.equal(
    chooseProxy(new URL('https://vault.example'), { httpsProxy: 'proxy:3128' })?.href,
    'http://proxy:3128/',
  );
});

test('loopback is never asked of a proxy, and a name below .localhost is not loopback', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]']) {
    assert.equal(hostOf(`https://${host}:8443`), undefined, host);
  }
  assert.equal(hostOf('https://vault.localhost'), 'tls.proxy:2');
});

test("NO_PROXY is read by curl's rules", () => {
  const exempt: [target: string, noProxy: string][] = [
    ['https://a.vault.example', '*'],
    ['https://vault.example', 'other, vault.example'],
    ['https://vault.example', 'other vault.example'],
    ['https://a.vault.example', 'VAULT.example'],
    ['https://a.vault.example', '.vault.example'],
    ['https://vault.example', '.vault.example'],
    ['https://vault.example', 'vault.example.'],
    ['https://vault.example.', 'vault.example'],
    ['https://vault.example:8443', 'vault.example'],
    ['https://evil.com', 'com'],
    ['https://10.1.2.3', '10.1.2.3'],
    ['https://10.1.2.3', '10.0.0.0/8'],
    ['https://[fd00::1]', 'fd00::/8'],
    ['https://[fd00::1]', 'fd00::1'],
  ];
  for (const [target, noProxy] of exempt)
    assert.equal(hostOf(target, noProxy), undefined, `${target} ${noProxy}`);
  const proxied: [target: string, noProxy: string][] = [
    ['https://notvault.example', 'vault.example'],
    ['https://vault.example.org', 'vault.example'],
    // No wildcards but the one that is everything, no ports, no URLs.
    ['https://a.vault.example', '*.vault.example'],
    ['https://notvault.example', '*vault.example'],
    ['https://vault.example', '*,other'],
    ['https://vault.example', '*.*'],
    ['https://vault.example:8443', 'vault.example:8443'],
    ['https://vault.example', 'https://vault.example'],
    // Addresses are whole ones: no end of one is a name above it.
    ['https://10.0.0.1', '0.1'],
    ['https://10.0.0.1', '.1'],
    ['https://10.0.0.10', '10.0.0.1'],
    ['https://11.1.2.3', '10.0.0.0/8'],
    ['https://10.1.2.3', '10.0.0.0/99'],
    ['https://[fd00::1]', '[fd00::1]'],
    ['https://vault.example', 'vault.example/8'],
    ['https://vault.example', '10.0.0.0/8 , ,'],
  ];
  for (const [target, noProxy] of proxied)
    assert.equal(hostOf(target, noProxy), 'tls.proxy:2', `${target} ${noProxy}`);
});

test('a setting that is no URL of an HTTP proxy is described without its text', () => {
  for (const httpsProxy of [
    'socks5://user:secret@proxy:1080',
    'http://user:secret@:99999',
    'http://user:sec/ret@proxy',
  ]) {
    assert.throws(
      () => chooseProxy(new URL('https://vault.example'), { httpsProxy }),
      (error) => {
        assert.ok(error instanceof SuperviseError && error.code === 'config');
        assert.doesNotMatch(error.message, /secret|sec\/ret/);
        return true;
      },
    );
  }
});
