import { SuperviseError } from './supervise-error.js';

/** Of how many settled records `max_errors` in per cent is a share. */
export const ERROR_WINDOW_RECORDS = 1_000;

/** What ends a vault of which more failed, or is held back, than its limit allows, wherever that was. */
export function limitPassed(vaultName: string, limit: 'max_errors' | 'max_held'): SuperviseError {
  const what = limit === 'max_errors' ? 'records failed' : 'records are held back';
  return new SuperviseError('too_many_errors', `vault ${vaultName}: more ${what} than ${limit} allows`, {
    hint: 'Look at the error log; then go on with `resume`, or raise the limit.',
  });
}
