import { createRequire } from 'node:module';
import tls from 'node:tls';

/**
 * The driver looks into the environment for more than it is told. Whatever stands there, in the process that loads it:
 * certificates are verified (its agents leave that to Node's own switch), no native add-on is loaded, no cloud's
 * metadata service is asked, and OCSP answers come from where the certificates say. `undefined` is taken away.
 */
const PINNED: Readonly<Record<string, string | undefined>> = {
  NODE_TLS_REJECT_UNAUTHORIZED: undefined,
  SNOWFLAKE_DISABLE_MINICORE: 'true',
  SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true',
  SF_TELEMETRY_DISABLE_CONNECTION_SHAPE: '1',
  SF_OCSP_RESPONSE_CACHE_SERVER_ENABLED: undefined,
  SF_OCSP_RESPONSE_CACHE_SERVER_URL: undefined,
  SF_OCSP_RESPONDER_URL: undefined,
  SF_OCSP_TEST_INJECT_VALIDITY_ERROR: undefined,
  SF_OCSP_TEST_INJECT_UNKNOWN_STATUS: undefined,
  SF_OCSP_TEST_OCSP_RESPONDER_TIMEOUT: undefined,
  SF_OCSP_TEST_OCSP_RESPONSE_CACHE_SERVER_TIMEOUT: undefined,
  SF_OCSP_TEST_CACHE_MAXAGE: undefined,
};

/** Where the driver reads a client configuration from the home directory or a variable: a log of all it sends. */
const EASY_LOGGING = 'snowflake-sdk/dist/lib/logger/easy_logging_starter.js';

/**
 * To be called before the driver is loaded: it reads some of this while it loads. TLS is 1.2 at least, and nobody's
 * `sf_client_config.json` counts. The driver has no switch for that: a file that is not there is an error to it.
 */
export function pinDriverEnvironment(): void {
  for (const [name, value] of Object.entries(PINNED)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  tls.DEFAULT_MIN_VERSION = 'TLSv1.2';
  const easyLogging: unknown = createRequire(import.meta.url)(EASY_LOGGING);
  Object.assign(easyLogging as object, { init: () => Promise.resolve() });
}
