import { generateBearerToken, LogLevel, setLogLevel, Skyflow } from 'skyflow-node';

/** What a session can be asked, with what the SDK's method of that name takes. */
export type SdkCall =
  | { readonly name: 'insert'; readonly args: Parameters<Skyflow['insert']> }
  | { readonly name: 'get'; readonly args: Parameters<Skyflow['get']> }
  | { readonly name: 'update'; readonly args: Parameters<Skyflow['update']> }
  | { readonly name: 'detokenize'; readonly args: Parameters<Skyflow['detokenize']> }
  | { readonly name: 'delete'; readonly args: Parameters<Skyflow['delete']> };

/** What became of a call: what its promise gave, or what it was rejected with. */
export interface SdkAnswer {
  readonly value?: unknown;
  readonly error?: unknown;
}

/**
 * Skyflow's own SDK as a process of its own: `node sdk-session.js VAULT_URL VAULT_ID CREDENTIALS_FILE`. It must be
 * one, since Node reads NODE_EXTRA_CA_CERTS when it starts. Answers each message, an SdkCall, with an SdkAnswer.
 */
function serve([vaultURL = '', vaultID = '', credentialsFile = '']: readonly string[]): void {
  setLogLevel(LogLevel.OFF);
  const skyflow = Skyflow.init({
    vaultURL,
    vaultID,
    getBearerToken: async () => (await generateBearerToken(credentialsFile)).accessToken,
  });
  const perform = (call: SdkCall): Promise<unknown> => {
    switch (call.name) {
      case 'insert':
        return skyflow.insert(...call.args);
      case 'get':
        return skyflow.get(...call.args);
      case 'update':
        return skyflow.update(...call.args);
      case 'detokenize':
        return skyflow.detokenize(...call.args);
      case 'delete':
        return skyflow.delete(...call.args);
      default:
        return call satisfies never;
    }
  };
  const answer = (message: SdkAnswer): unknown => process.send?.(message);
  process.on('message', (message) => {
    perform(message as SdkCall).then(
      (value) => answer({ value }),
      (error: unknown) => answer({ error }),
    );
  });
  process.on('disconnect', () => process.exit());
}

// A test runner that takes every file for a test must not be left with a session.
if (process.connected) serve(process.argv.slice(2));
