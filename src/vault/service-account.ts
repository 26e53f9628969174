import { createPrivateKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { readTrusted } from '../trust/open-trusted.js';
import { isLoopbackHost } from '../outside/loopback.js';

/** A service account, as its `credentials.json` describes it. */
export interface ServiceAccount {
  readonly clientId: string;
  readonly keyId: string;
  readonly tokenUri: URL;
  readonly privateKey: KeyObject;
}

/** Where the credentials stand: in a file, or as JSON text (of an environment variable). */
export type ServiceAccountOrigin = { readonly file: string } | { readonly json: string };

const credentialsSchema = z.object({
  clientID: z.string().min(1),
  keyID: z.string().min(1),
  tokenURI: z.string().min(1),
  privateKey: z.string().min(1),
});

/** Reads and checks a service account; throws a SuperviseError `config` that quotes nothing of its content. */
export async function readServiceAccount(origin: ServiceAccountOrigin): Promise<ServiceAccount> {
  const where = 'file' in origin ? `The credentials file ${origin.file}` : 'The credentials JSON';
  const text = 'file' in origin ? await readText(origin.file, where) : origin.json;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // The parser's own message quotes the text: it must not become a cause.
    throw wrong(`${where} is not JSON (${text.length} characters)`);
  }
  const credentials = credentialsSchema.safeParse(parsed);
  if (!credentials.success) {
    const keys = [...new Set(credentials.error.issues.map(({ path }) => path.join('.') || '(the whole)'))];
    throw wrong(`${where} lacks or has an unusable ${keys.join(', ')}`);
  }
  const { clientID, keyID, tokenURI, privateKey } = credentials.data;
  return {
    clientId: clientID,
    keyId: keyID,
    tokenUri: parseTokenUri(tokenURI, where),
    privateKey: parsePrivateKey(privateKey, where),
  };
}

async function readText(file: string, where: string): Promise<string> {
  try {
    return (await readTrusted(file)).toString();
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw new SuperviseError('config', `${where} cannot be read (${systemCode(error) ?? 'unreadable'})`, {
      hint: 'Name a readable file with the JSON that was downloaded when the service account was created.',
      cause: error,
    });
  }
}

function parseTokenUri(text: string, where: string): URL {
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  if (uri?.protocol === 'https:' || (uri?.protocol === 'http:' && isLoopbackHost(uri.hostname))) return uri;
  throw wrong(`${where} has a tokenURI that is not an https URL`);
}

function parsePrivateKey(pem: string, where: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(withLineBreaks(pem));
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType === 'rsa') return key;
  throw wrong(`${where} has a privateKey that is no RSA private key in PEM (${pem.length} characters)`);
}

/** Secret stores and shells make `\n`, blanks or nothing of a key's line breaks; base64 has none of these of its own. */
function withLineBreaks(pem: string): string {
  const parts = /^\s*(-----BEGIN [A-Z ]+-----)([\s\S]*?)(-----END [A-Z ]+-----)(?:\\[rn]|\s)*$/.exec(pem);
  if (parts === null) return pem;
  const [, begin = '', body = '', end = ''] = parts;
  return `${begin}\n${body.replace(/\\r|\\n|\s/g, '')}\n${end}\n`;
}

function wrong(message: string): SuperviseError {
  return new SuperviseError('config', message, {
    hint: 'Use the JSON that was downloaded when the service account was created: clientID, keyID, tokenURI, privateKey.',
  });
}
