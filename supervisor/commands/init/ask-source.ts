import { askChoice, askText } from '../../ask/ask-person.js';
import type { Draft, DraftSection } from './draft.js';

type Snowflake = DraftSection<'snowflake'>;

const needed = (answer: string): string | undefined =>
  answer === '' ? 'Something must stand here.' : undefined;

/** Where the records come from; of Snowflake everything but secrets, which have their variables and prompts. */
export async function askSource(): Promise<Pick<Draft, 'source' | 'csv' | 'snowflake'>> {
  const source = await askChoice('Where do the records come from?', [
    { value: 'csv', name: 'CSV files' },
    { value: 'snowflake', name: 'Snowflake' },
  ]);
  if (source === 'csv') {
    const directory = await askText({ question: 'Directory of the CSV files:', usual: 'data' });
    return { source, csv: { data_directory: directory } };
  }
  return { source, snowflake: await askSnowflake() };
}

async function askSnowflake(): Promise<Snowflake> {
  const account = await askText({ question: 'Account (ORG-ACCOUNT):', fault: needed });
  const authenticator = await askChoice('How does it log in?', [
    { value: 'snowflake', name: 'user and password' },
    { value: 'programmatic_access_token', name: 'user and programmatic access token' },
    { value: 'SNOWFLAKE_JWT', name: 'user and key pair' },
    { value: 'OAUTH', name: 'OAuth token' },
  ]);
  const user = authenticator === 'OAUTH' ? undefined : await askText({ question: 'User:', fault: needed });
  const key =
    authenticator === 'SNOWFLAKE_JWT'
      ? await askText({ question: 'PEM file of the private key:', fault: needed })
      : undefined;
  const warehouse = await askText({ question: 'Warehouse:', fault: needed });
  const role = await askText({ question: "Role (empty: the user's default):" });
  const mode = await askChoice('Which query?', [
    { value: 'simple', name: 'simple: one table with the columns and their tokens' },
    { value: 'union', name: 'union: claims and members tables, tokens from UDFs' },
    { value: 'generic', name: 'generic: claims and members tables with token columns' },
  ]);
  const tables: Snowflake =
    mode === 'simple'
      ? { table: await askText({ question: 'Table (DATABASE.SCHEMA.TABLE):', fault: needed }) }
      : {
          database: await askText({ question: 'Database of the tables:', fault: needed }),
          schema: await askText({ question: 'Schema of the tables:', fault: needed }),
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
