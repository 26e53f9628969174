import { resolve } from 'node:path';
import type { z } from 'zod';
import { faultOfFile } from '../../system/fault-of-file.js';
import { accountName } from './account-name.js';
import { sqlNameParts } from './identifiers.js';
import type { Questioner } from '../source-kind.js';
import type { snowflakeSection } from './snowflake-settings.js';

type Section = NonNullable<z.input<typeof snowflakeSection>>;

const needed = (answer: string): string | undefined =>
  answer === '' ? 'Something must stand here.' : undefined;

/** A name as SQL has it, of so many parts at most. */
const named =
  (mostParts: number) =>
  (answer: string): string | undefined => {
    if (answer === '') return needed(answer);
    try {
      if (sqlNameParts(answer, 'name').length <= mostParts) return undefined;
    } catch {
      // Said in the same words.
    }
    const form = ['NAME', 'SCHEMA.NAME', 'DATABASE.SCHEMA.NAME'].slice(0, mostParts).join(', ');
    return `Write ${form}; other characters than letters, digits, _ and $ stand between quotation marks.`;
  };

const accountFault = (answer: string): string | undefined =>
  answer !== '' && accountName(answer) === undefined
    ? 'It is such as ORG-ACCOUNT, or the URL of the account.'
    : needed(answer);

/** Everything but secrets, which have their variables and prompts. */
export async function askSnowflake(ask: Questioner): Promise<Section> {
  const account = await ask.text({ question: 'Account (ORG-ACCOUNT):', fault: accountFault });
  const authenticator = await ask.choice('How does it log in?', [
    { value: 'snowflake', name: 'user and password' },
    { value: 'programmatic_access_token', name: 'user and programmatic access token' },
    { value: 'SNOWFLAKE_JWT', name: 'user and key pair' },
    { value: 'OAUTH', name: 'OAuth token' },
  ]);
  const user = authenticator === 'OAUTH' ? undefined : await ask.text({ question: 'User:', fault: needed });
  const key =
    authenticator === 'SNOWFLAKE_JWT'
      ? await ask.text({
          question: 'PEM file of the private key:',
          fault: (answer) => needed(answer) ?? faultOfFile(resolve(answer)),
        })
      : undefined;
  const warehouse = await ask.text({ question: 'Warehouse:', fault: named(1) });
  const role = await ask.text({
    question: "Role (empty: the user's default):",
    fault: (answer) => (answer === '' ? undefined : named(1)(answer)),
  });
  const mode = await ask.choice('Which query?', [
    { value: 'simple', name: 'simple: one table with the columns and their tokens' },
    { value: 'union', name: 'union: claims and members tables, tokens from UDFs' },
    { value: 'generic', name: 'generic: claims and members tables with token columns' },
  ]);
  const tables: Section =
    mode === 'simple'
      ? { table: await ask.text({ question: 'Table (DATABASE.SCHEMA.TABLE):', fault: named(3) }) }
      : {
          database: await ask.text({ question: 'Database of the tables:', fault: named(1) }),
          schema: await ask.text({ question: 'Schema of the tables:', fault: named(1) }),
        };
  return {
    account,
    authenticator,
    ...(user === undefined ? {} : { user }),
    ...(key === undefined ? {} : { private_key_path: key }),
    warehouse,
    ...(role === '' ? {} : { role }),
    query_mode: mode,
    ...tables,
  };
}
