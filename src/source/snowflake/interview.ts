import type { z } from 'zod';
import type { Questioner } from '../source-kind.js';
import type { snowflakeSection } from './snowflake-settings.js';

type Section = NonNullable<z.input<typeof snowflakeSection>>;

const needed = (answer: string): string | undefined =>
  answer === '' ? 'Something must stand here.' : undefined;

/** Everything but secrets, which have their variables and prompts. */
export async function askSnowflake(ask: Questioner): Promise<Section> {
  const account = await ask.text({ question: 'Account (ORG-ACCOUNT):', fault: needed });
  const authenticator = await ask.choice('How does it log in?', [
    { value: 'snowflake', name: 'user and password' },
    { value: 'programmatic_access_token', name: 'user and programmatic access token' },
    { value: 'SNOWFLAKE_JWT', name: 'user and key pair' },
    { value: 'OAUTH', name: 'OAuth token' },
  ]);
  const user = authenticator === 'OAUTH' ? undefined : await ask.text({ question: 'User:', fault: needed });
  const key =
    authenticator === 'SNOWFLAKE_JWT'
      ? await ask.text({ question: 'PEM file of the private key:', fault: needed })
      : undefined;
  const warehouse = await ask.text({ question: 'Warehouse:', fault: needed });
  const role = await ask.text({ question: "Role (empty: the user's default):" });
  const mode = await ask.choice('Which query?', [
    { value: 'simple', name: 'simple: one table with the columns and their tokens' },
    { value: 'union', name: 'union: claims and members tables, tokens from UDFs' },
    { value: 'generic', name: 'generic: claims and members tables with token columns' },
  ]);
  const tables: Section =
    mode === 'simple'
      ? { table: await ask.text({ question: 'Table (DATABASE.SCHEMA.TABLE):', fault: needed }) }
      : {
          database: await ask.text({ question: 'Database of the tables:', fault: needed }),
          schema: await ask.text({ question: 'Schema of the tables:', fault: needed }),
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
