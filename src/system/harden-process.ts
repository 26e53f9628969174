import { SuperviseError } from '../errors/supervise-error.js';

/**
 * For a process that holds data: files it makes are its owner's alone, and no diagnostic report holds its memory.
 * Core dumps are refused by the limit under which the supervisor starts a child; heap snapshots need a flag that
 * nobody passes (NODE_OPTIONS is not handed on).
 */
export function hardenProcess(): void {
  process.umask(0o077);
  process.report.reportOnFatalError = false;
  process.report.reportOnSignal = false;
  process.report.reportOnUncaughtException = false;
}

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
