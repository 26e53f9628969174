import { resolve } from 'node:path';
import { faultOfFile } from '../../../src/system/fault-of-file.js';
import type { DraftSection, GivenSecrets } from './draft.js';
import type { Interview } from './interview.js';

export interface CredentialAnswer {
  /** What of it goes into the file. */
  readonly saved: Partial<DraftSection<'skyflow'>>;
  /** What the vaults are tried with, besides. */
  readonly secrets: GivenSecrets;
  /** Whether there is anything to try the vaults with. */
  readonly canTry: boolean;
}

/** How loads are authorised. A secret is asked for to try the vaults with, and saved only if that is wanted. */
export async function askCredential(ask: Interview): Promise<CredentialAnswer> {
  const kind = await ask.choice('What authorises the requests to the vaults?', [
    { value: 'credentials_file', name: "a service account's credentials.json (renewed by itself)" },
    { value: 'bearer_token_file', name: 'a bearer token in a file' },
    {
      value: 'bearer_token',
      name: 'a bearer token, given at every load (SKYFLOW_BEARER_TOKEN, or asked for)',
    },
    { value: 'api_key', name: 'an API key' },
  ]);
  switch (kind) {
    case 'credentials_file':
    case 'bearer_token_file': {
      const file = await ask.text({
        question: 'Its file:',
        fault: (answer) => (answer === '' ? 'Name the file that it is in.' : faultOfFile(resolve(answer))),
      });
      return { saved: { [kind]: file }, secrets: {}, canTry: true };
    }
    case 'bearer_token':
    case 'api_key':
      return askForSecret(kind, ask);
    default:
      return kind satisfies never;
  }
}

async function askForSecret(kind: 'bearer_token' | 'api_key', ask: Interview): Promise<CredentialAnswer> {
  const variable = kind === 'api_key' ? 'SKYFLOW_API_KEY' : 'SKYFLOW_BEARER_TOKEN';
  const what = kind === 'api_key' ? 'API key' : 'bearer token';
  const known = process.env[variable];
  const secret =
    known === undefined || known === ''
      ? await ask.secret(`The ${what}, to try the vaults with (empty: they are not tried):`)
      : known;
  if (secret === '') return { saved: {}, secrets: {}, canTry: false };
  const isSaved = await ask.yesNo(`Save the ${what} in the file, readable by you only?`, false);
  return { saved: isSaved ? { [kind]: secret } : {}, secrets: { [kind]: secret }, canTry: true };
}
