import { SuperviseError } from '../errors/supervise-error.js';

/**
 * Throws `config` where the environment tells Node not to verify certificates. Our own connections verify anyway; but
 * whoever set it counts on something that this program does not do, and would look for the reason elsewhere.
 */
export function refuseUnverifiedTls(environment: NodeJS.ProcessEnv): void {
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new SuperviseError(
    'config',
    'NODE_TLS_REJECT_UNAUTHORIZED=0 is set in the environment: it switches the verification of certificates off, and records, tokens and credentials go to verified servers only',
    {
      hint: 'Unset it (also in the shell profile, the unit file or the container). A private certificate authority is named by skyflow.ca_file or NODE_EXTRA_CA_CERTS.',
    },
  );
}
