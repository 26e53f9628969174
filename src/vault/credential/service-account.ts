import { createPrivateKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { readTrusted } from '../../trust/open-trusted.js';
import { isLoopbackHost } from '../../outside/hosts.js';

/** A service account, as its `credentials.json` describes it. */
export interface ServiceAccount {
  readonly clientId: string;
  readonly keyId: string;
  readonly tokenUri: URL;
  readonly privateKey: KeyObject;
}

/** Where the credentials stand: in a file, or as JSON text (of an environment variable). */
export type ServiceAccountOrigin = { readonly file: string } | { readonly json: string };

const text = z.string().trim().min(1);
const credentialsSchema = z.object({ clientID: text, keyID: text, tokenURI: text, privateKey: text });

/** Reads and checks a service account; throws a SuperviseError `config` that quotes nothing of its content. */
export async function readServiceAccount(origin: ServiceAccountOrigin): Promise<ServiceAccount> {
  const where = 'file' in origin ? `The credentials file ${origin.file}` : 'The credentials JSON';
  const json = 'file' in origin ? await readText(origin.file, where) : origin.json;
  const credentials = credentialsSchema.safeParse(parsePasted(json, where));
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

/** A shell may have made line breaks of those of the key, and a store a JSON text of the whole. */
function parsePasted(json: string, where: string): unknown {
  try {
    const parsed: unknown = JSON.parse(json.replace(/^\ufeff/, '').replace(/[\r\n]/g, ''));
    return typeof parsed === 'string' ? JSON.parse(parsed) : parsed;
  } catch {
    // The parser's own message quotes the text: it must not become a cause.
    throw wrong(`${where} is not JSON (${json.length} characters)`);
  }
}

async function readText(file: string, where: string): Promise<string> {
  try {
    const bytes = await readTrusted(file);
    // As PowerShell writes files.
    const [first, second] = bytes;
    if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
    if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
    return bytes.toString();
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
  if (pem.includes('ENCRYPTED')) throw wrong(`${where} has a privateKey that is encrypted`);
  throw wrong(`${where} has a privateKey that is no RSA private key in PEM (${pem.length} characters)`);
}

/** Secret stores and shells make `\n`, blanks or nothing of a key's line breaks, and add quotes; base64 has none of these of its own. */
function withLineBreaks(pem: string): string {
  const parts = /^["'\s]*(-----BEGIN [A-Z ]+-----)([\s\S]*?)(-----END [A-Z ]+-----)(?:\\+[rn]|["'\s])*$/.exec(
    pem,
  );
  if (parts === null) return pem;
  const [, begin = '', body = '', end = ''] = parts;
  return `${begin}\n${body.replace(/\\+[rn]|\s/g, '')}\n${end}\n`;
}

function wrong(message: string): SuperviseError {
  return new SuperviseError('config', message, {
    hint: 'Use the JSON that was downloaded when the service account was created: clientID, keyID, tokenURI, privateKey.',
  });
}
