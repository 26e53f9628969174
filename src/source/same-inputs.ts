import { SuperviseError } from '../errors/supervise-error.js';
import { assertSameKey } from './pieces/fingerprints.js';
import type { InputIdentity, SourceInspection } from './record-source.js';

/**
 * Throws `input_changed`, naming what changed, when the source is not the one that a run began with. Where both
 * have a fingerprint of the content it alone decides; else size and time of modification must agree. Throws `storage` when
 * the fingerprints cannot be compared, because the key of the run is gone.
 */
export function assertSameInputs(
  recorded: Pick<SourceInspection, 'inputs'>,
  found: Pick<SourceInspection, 'inputs'>,
  whose = 'this run',
): void {
  for (const before of recorded.inputs) {
    const now = found.inputs.find(({ role }) => role === before.role);
    const change = now === undefined ? 'it is gone' : changeOf(before, now, whose);
    if (change === undefined) continue;
    throw new SuperviseError(
      'input_changed',
      `the ${before.role} ${before.name} is not what ${whose} began with: ${change}`,
      {
        hint: 'Positions of another input mean other records. Put the old file back and resume, or start a new load.',
      },
    );
  }
}

function changeOf(before: InputIdentity, now: InputIdentity, whose: string): string | undefined {
  if (before.fingerprint !== undefined && now.fingerprint !== undefined) {
    if (before.fingerprint === now.fingerprint) return undefined;
    assertSameKey(before.fingerprint, now.fingerprint, whose);
    return before.rows === now.rows
      ? 'its content differs'
      : `it had ${before.rows} rows and has ${now.rows} now`;
  }
  if (before.name !== now.name) return `it is ${now.name} now`;
  if (before.sizeBytes !== now.sizeBytes)
    return `it had ${before.sizeBytes} bytes and has ${now.sizeBytes} now`;
  if (before.modifiedAt !== now.modifiedAt) return `it was modified at ${now.modifiedAt}`;
  return undefined;
}
