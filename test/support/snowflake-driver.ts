import { createRequire } from 'node:module';

/** Why a test that needs Snowflake's driver is skipped; false where it is installed. */
export const withoutDriver: string | false = isInstalled() ? false : 'snowflake-sdk is not installed';

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('snowflake-sdk');
    return true;
  } catch {
    return false;
  }
}
