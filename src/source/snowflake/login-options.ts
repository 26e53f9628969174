import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { readTrusted } from '../../trust/open-trusted.js';
import { chooseProxy } from '../../vault/proxy-choice.js';
import { loopbackUrl } from './confine-driver.js';
import type { LoginOptions } from './load-driver.js';
import type { SnowflakeConnection } from './snowflake-options.js';
import { AUTHENTICATORS } from './snowflake-settings.js';

type Credentials = Pick<LoginOptions, 'authenticator' | 'password' | 'token' | 'privateKey'>;

/**
 * The driver's options for one login; files of tokens and keys are read now, so that a renewed one counts from the
 * next login on. Throws SuperviseError `config` that quotes no secret.
 */
export async function loginOptions(
  vaultName: string,
  connection: SnowflakeConnection,
  fetchSize: number,
): Promise<LoginOptions> {
  const { access_url: accessUrl, account, user, warehouse, database, schema, role } = connection;
  const credentials = await readCredentials(vaultName, connection);
  return {
    account,
    ...(accessUrl === undefined ? {} : { accessUrl: await loopbackUrl(accessUrl.replace(/\/+$/, '')) }),
    ...(user === undefined || user === '' ? {} : { username: user }),
    ...credentials,
    warehouse,
    database,
    schema,
    ...(role === undefined || role === '' ? {} : { role }),
    application: 'skyflow_supervise',
    clientSessionKeepAlive: true,
    // Chunks in memory: the one being read and the next.
    resultPrefetch: 1,
    rowStreamHighWaterMark: Math.min(fetchSize, 1_000),
    // It would be silent while it tries again; what fails is tried again here, and said.
    sfRetryMaxLoginRetries: 0,
    ...proxyOptions(connection),
  };
}

/** What must not appear in any message about this connection. */
export function secretsOf({
  password,
  oauth_token: oauthToken,
  private_key_passphrase: privateKeyPassphrase,
  proxy,
}: SnowflakeConnection): string[] {
  const secrets = [password, oauthToken, privateKeyPassphrase];
  for (const setting of [proxy.httpProxy, proxy.httpsProxy]) {
    if (setting !== undefined && URL.canParse(setting)) {
      const { password: escaped } = new URL(setting);
      secrets.push(escaped, decodeOr(escaped));
    }
  }
  return secrets.filter((secret): secret is string => secret !== undefined && secret !== '');
}

async function readCredentials(vaultName: string, connection: SnowflakeConnection): Promise<Credentials> {
  const need = (name: string, hint: string) =>
    new SuperviseError(
      'config',
      `vault ${vaultName}: Snowflake's ${connection.authenticator} needs ${name}`,
      { hint },
    );
  const {
    password,
    oauth_token: oauthToken,
    private_key_path: privateKeyPath,
    private_key: privateKey,
    token_file: tokenFile,
    user,
  } = connection;
  const isAbsent = (text: string | undefined): text is undefined | '' => text === undefined || text === '';
  switch (connection.authenticator) {
    case 'snowflake':
      if (isAbsent(user)) throw need('a user', 'Set snowflake.user.');
      if (isAbsent(password)) throw need('a password', 'Set SNOWFLAKE_PASSWORD, or snowflake.password.');
      return { authenticator: 'SNOWFLAKE', password };
    case 'programmatic_access_token': {
      const token = isAbsent(tokenFile) ? password : await readToken(tokenFile);
      if (isAbsent(token))
        throw need('a token', 'Set snowflake.token_file, or the token as SNOWFLAKE_PASSWORD.');
      return { authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token };
    }
    case 'OAUTH': {
      const token = isAbsent(tokenFile) ? oauthToken : await readToken(tokenFile);
      if (isAbsent(token)) throw need('a token', 'Set snowflake.token_file or SNOWFLAKE_OAUTH_TOKEN.');
      return { authenticator: 'OAUTH', token };
    }
    case 'SNOWFLAKE_JWT': {
      if (isAbsent(user)) throw need('a user', 'Set snowflake.user.');
      if (!isAbsent(privateKey)) {
        const own = readPrivateKey(privateKey, 'snowflake.private_key', connection);
        return { authenticator: 'SNOWFLAKE_JWT', privateKey: own };
      }
      if (isAbsent(privateKeyPath)) throw need('a private key', 'Set snowflake.private_key_path.');
      const pem = await readSecretFile(privateKeyPath, 'snowflake.private_key_path');
      const name = `${privateKeyPath} (snowflake.private_key_path)`;
      return { authenticator: 'SNOWFLAKE_JWT', privateKey: readPrivateKey(pem, name, connection) };
    }
    default:
      connection.authenticator satisfies never;
      throw new SuperviseError(
        'config',
        `vault ${vaultName}: "${String(connection.authenticator)}" is no authenticator; there are ${AUTHENTICATORS.join(', ')}`,
      );
  }
}

async function readSecretFile(path: string, key: string): Promise<string> {
  try {
    return (await readTrusted(path)).toString();
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    const reason = systemCode(error) ?? 'unknown error';
    throw new SuperviseError('config', `cannot read ${path} (${key}): ${reason}`, { cause: error });
  }
}

async function readToken(path: string): Promise<string> {
  const token = (await readSecretFile(path, 'snowflake.token_file')).trim();
  if (token !== '' && !/\s/.test(token)) return token;
  throw new SuperviseError(
    'config',
    `${path} (snowflake.token_file) does not hold one token (${token.length} characters)`,
  );
}

const SHORTEST_KEY_BITS = 2048;
const NEW_KEY =
  'Make a pair with `openssl genrsa 2048 | openssl pkcs8 -topk8 -v2 aes256`, and register its public half for the user (RSA_PUBLIC_KEY).';

function readPrivateKey(
  pem: string,
  name: string,
  { private_key_passphrase: privateKeyPassphrase }: SnowflakeConnection,
): string {
  let key: KeyObject;
  try {
    key = createPrivateKey({
      key: pem,
      format: 'pem',
      ...(privateKeyPassphrase === undefined || privateKeyPassphrase === ''
        ? {}
        : { passphrase: privateKeyPassphrase }),
    });
  } catch (error) {
    throw new SuperviseError('config', `${name} cannot be used as a private key`, {
      hint: hintForKey(pem, systemCode(error)),
    });
  }
  const { asymmetricKeyType: type = 'unknown' } = key;
  if (type !== 'rsa') {
    throw new SuperviseError('config', `${name} is a key of type ${type.toUpperCase()}`, {
      hint: `Snowflake's driver signs with RSA alone. ${NEW_KEY}`,
    });
  }
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < SHORTEST_KEY_BITS) {
    throw new SuperviseError('config', `${name} is an RSA key of ${modulusLength} bits`, {
      hint: `Snowflake takes ${SHORTEST_KEY_BITS} bits and more. ${NEW_KEY}`,
    });
  }
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function hintForKey(pem: string, code: string | undefined): string {
  const isEncrypted = pem.includes('ENCRYPTED');
  if (isEncrypted && code?.includes('UNSUPPORTED') === true) {
    return 'It is encrypted with a cipher that is out of use (PBE-MD5-DES and its like). Write it anew: `openssl pkcs8 -topk8 -v2 aes256 -provider legacy -provider default -in OLD -out NEW`.';
  }
  if (isEncrypted) return 'The key is encrypted: check snowflake.private_key_passphrase.';
  return 'It must be the PEM file of an RSA key, with the line BEGIN PRIVATE KEY.';
}

function proxyOptions({ access_url: accessUrl, account, proxy }: SnowflakeConnection): Partial<LoginOptions> {
  const target = accessUrl ?? `https://${account}.snowflakecomputing.com`;
  const noProxy = proxy.noProxy?.trim() ?? '';
  if (!URL.canParse(target) || noProxy === '*') return {};
  // NO_PROXY is left to the driver: the chunks of a result come from other hosts than the account's.
  const url = chooseProxy(new URL(target), { ...proxy, noProxy: undefined });
  if (url === undefined) return {};
  const protocol = url.protocol.slice(0, -1);
  return {
    proxyHost: url.hostname,
    proxyPort: url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port),
    proxyProtocol: protocol,
    ...(url.username === ''
      ? {}
      : { proxyUser: decodeOr(url.username), proxyPassword: decodeOr(url.password) }),
    ...(noProxy === '' ? {} : { noProxy: noProxy.split(/[\s,]+/).join('|') }),
  };
}

function decodeOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
