import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { InsertAnswer } from '../../src/vault/vault-client.js';

/** What stops a vault whose credential is refused, or that does not let it in. */
export function denial(
  vaultName: string,
  answer: Pick<
    Extract<InsertAnswer, { kind: 'unauthorized' | 'denied' }>,
    'kind' | 'status' | 'message' | 'requestId'
  >,
): SuperviseError {
  const where = `vault ${vaultName}: HTTP ${answer.status}`;
  const request = answer.requestId === undefined ? '' : ` (request ${answer.requestId})`;
  if (answer.kind === 'unauthorized') {
    return new SuperviseError(
      'unauthorized',
      `${where}, the credential was refused: ${answer.message}${request}`,
      {
        hint: 'Get a new bearer token (a personal one lasts 24 h, a service account token 60 minutes), then go on with `resume`.',
      },
    );
  }
  if (answer.status < 400) {
    return new SuperviseError('not_found', `vault ${vaultName}: ${answer.message}${request}`, {
      hint: 'Set skyflow.vault_url to the address of the vault itself.',
    });
  }
  return answer.status === 404 || answer.status === 400
    ? new SuperviseError('not_found', `${where}, no such vault or table: ${answer.message}${request}`, {
        hint: 'Check the vault id, the table and skyflow.vault_url.',
      })
    : new SuperviseError(
        'forbidden',
        `${where}, the credential may not insert here: ${answer.message}${request}`,
        {
          hint: 'Give the credential a role with insert on this vault and table.',
        },
      );
}
