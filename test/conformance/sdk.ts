import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Skyflow } from 'skyflow-node';
import type { SdkAnswer, SdkCall } from './processes/sdk-session.js';

const program = fileURLToPath(new URL('processes/sdk-session.js', import.meta.url));

/** How the SDK says that values are wanted in full. */
export const { RedactionType } = Skyflow;

/** Skyflow's own SDK, bound to one vault and one service account. */
export interface Sdk extends AsyncDisposable {
  ask(call: SdkCall): Promise<SdkAnswer>;
}

/** Starts the SDK; `caFile` is trusted through NODE_EXTRA_CA_CERTS, which is all that it knows of the sandbox. */
export function startSdk(settings: {
  readonly vaultUrl: string;
  readonly vaultId: string;
  readonly credentialsFile: string;
  readonly caFile?: string | undefined;
}): Sdk {
  const { vaultUrl, vaultId, credentialsFile, caFile } = settings;
  const child = fork(program, [vaultUrl, vaultId, credentialsFile], {
    env: {
      PATH: process.env['PATH'],
      ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  return {
    async ask(call) {
      const answered = once(child, 'message').then(([answer]) => answer as SdkAnswer);
      child.send(call);
      return Promise.race([
        answered,
        ended.then(() => Promise.reject(new Error('the SDK ended without an answer'))),
      ]);
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
