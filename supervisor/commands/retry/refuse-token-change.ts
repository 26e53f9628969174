import type { Configuration } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import type { RunSession } from '../../../src/run-record/run-record.js';
import type { ChosenErrors } from './choose-logs.js';
import { findWriter } from './earlier-runs.js';

/** Of these a value is known, or taken, to stand in the vault under another token than the one that is sent. */
const underOtherTokens = ['token_mismatch', 'token_ambiguous', 'token_conflict'] as const;

/**
 * Throws `token_change` when a retry with upsert may give values of the vault other tokens and nobody has said that it
 * may: of records that stand there under others, and of logs whose run was no upsert, so that nobody has looked.
 */
export async function refuseTokenChange(
  chosen: readonly ChosenErrors[],
  { skyflow, run_dir: runsDirectory }: Configuration,
): Promise<void> {
  if (!skyflow.upsert || skyflow.allow_token_change) return;
  for (const { log, errors, vault } of chosen) {
    const standing = underOtherTokens.reduce(
      (sum, reason) => sum + (errors.byReason.get(reason)?.records ?? 0),
      0,
    );
    if (standing > 0)
      throw refusal(
        `vault ${vault.name}: the values of ${formatCount(standing)} records may stand in the vault under other tokens`,
      );
    const writer = await findWriter(log, runsDirectory);
    if (writer?.record.sessions.some(isUpsert) !== true)
      throw refusal(
        `vault ${vault.name}: ${log.file} is of a run without upsert, so that nobody has looked whether its values stand in the vault under other tokens`,
      );
  }
}

function isUpsert({ settings }: RunSession): boolean {
  const recorded = settings['skyflow.upsert'];
  return recorded !== undefined && 'value' in recorded && recorded.value === true;
}

function refusal(message: string): SuperviseError {
  return new SuperviseError('token_change', `${message}; nothing was sent`, {
    hint: 'With upsert such a value would get the token that is sent, if the vault does that (`qualify` tells of a test vault). If that is right, say --allow-token-change; else retry without upsert.',
  });
}
