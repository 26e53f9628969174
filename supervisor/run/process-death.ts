import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { ProcessEnd } from '../process/vault-process.js';

/** Whether a process came to the end that was meant: a result, and not because somebody else than we stopped it. */
export function isMeantEnd(
  end: ProcessEnd,
  { aborted }: AbortSignal,
): end is Extract<ProcessEnd, { kind: 'result' }> {
  return end.kind === 'result' && (aborted || end.result.status !== 'interrupted');
}

/** Whether another process could do better than the one that ended so. */
export function isWorthRestarting(end: ProcessEnd): boolean {
  return end.kind === 'result' || end.endedFor?.code !== 'protocol';
}

/** How a process ended without a result of its own, and what to do when none is started again. */
export function describeDeath({ vault, task }: VaultJob, end: ProcessEnd): SuperviseError {
  const vaultName = vault.name;
  const hint =
    task === undefined
      ? 'What is settled is safe in the journal: go on with `resume`.'
      : `Run the same ${task.kind} again.`;
  if (end.kind === 'result')
    return new SuperviseError('crashed', `vault ${vaultName}: the child was told to stop by someone else`, {
      hint,
    });
  if (end.endedFor !== undefined) return end.endedFor;
  const how = end.signal === undefined ? `with exit code ${end.exitCode ?? 'unknown'}` : `by ${end.signal}`;
  const pid = end.pid === undefined ? '' : ` (pid ${end.pid})`;
  return new SuperviseError(
    'crashed',
    `vault ${vaultName}: the child process${pid} ended ${how}${end.outOfMemory ? ', out of memory' : ''}`,
    { hint },
  );
}

/** Why a process is killed whose vault is to stop at once: somebody asked for it, and it is no accident. */
export function stoppedAtOnce({ vault }: VaultJob): SuperviseError {
  return new SuperviseError(
    'interrupted',
    `vault ${vault.name}: stopped at once; what was on its way is looked up when it goes on`,
  );
}
