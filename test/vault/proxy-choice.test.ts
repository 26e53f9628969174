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

test('loopback is never asked of a proxy', () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]']) {
    assert.equal(hostOf(`https://${host}:8443`), undefined, host);
  }
});

test('NO_PROXY names hosts with their subdomains, suffixes, ports, addresses and blocks', () => {
  const exempt: [target: string, noProxy: string][] = [
    ['https://a.vault.example', '*'],
    ['https://vault.example', 'other, vault.example'],
    ['https://a.vault.example', 'VAULT.example'],
    ['https://a.vault.example', '.vault.example'],
    ['https://a.vault.example', '*.vault.example'],
    ['https://vault.example', 'vault.example:443'],
    ['https://vault.example:8443', 'vault.example:8443'],
    ['https://10.1.2.3', '10.1.2.3'],
    ['https://10.1.2.3', '10.0.0.0/8'],
    ['https://[fd00::1]', 'fd00::/8'],
    ['https://[fd00::1]:8443', '[fd00::1]:8443'],
    ['https://[fd00::1]', 'fd00::1'],
  ];
  for (const [target, noProxy] of exempt)
    assert.equal(hostOf(target, noProxy), undefined, `${target} ${noProxy}`);
  const proxied: [target: string, noProxy: string][] = [
    ['https://notvault.example', 'vault.example'],
    ['https://vault.example.org', 'vault.example'],
    ['https://vault.example:8443', 'vault.example:443'],
    ['https://11.1.2.3', '10.0.0.0/8'],
    ['https://10.1.2.3', '10.0.0.0/99'],
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
