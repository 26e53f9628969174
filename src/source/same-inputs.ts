import { basename, resolve } from 'node:path';
import { SuperviseError } from '../errors/supervise-error.js';
import { assertSameKey } from './fingerprints/fingerprints.js';
import type { InputIdentity, SourceInspection } from './record-source.js';
import { formatCount } from '../report/format-numbers.js';
import type { Configuration, VaultSettings } from '../config/configuration.js';

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
  for (const role of new Set(recorded.inputs.map((input) => input.role))) {
    const [before, now] = [recorded, found].map(({ inputs }) => inputs.filter((one) => one.role === role));
    const change = changeAmong(before ?? [], now ?? [], whose);
    if (change === undefined) continue;
    throw new SuperviseError(
      'input_changed',
      `the ${role} ${change.name} is not what ${whose} began with: ${change.how}`,
      {
        hint: 'Positions of another input mean other records. Put the old file back and resume, or start a new load.',
      },
    );
  }
}

interface Change {
  readonly name: string;
  readonly how: string;
}

/** What differs of the files of one role, by the first of them; undefined when they are the same in the same order. */
function changeAmong(
  recorded: readonly InputIdentity[],
  found: readonly InputIdentity[],
  whose: string,
): Change | undefined {
  const isSequence = [...recorded, ...found].some(({ part }) => part !== undefined);
  const change = isSequence ? changeOfParts(recorded, found) : undefined;
  if (change !== undefined) return change;
  for (const [at, before] of recorded.entries()) {
    const now = found[at];
    const how = now === undefined ? 'it is gone' : changeOf(before, now, whose);
    if (how !== undefined) return { name: before.name, how };
  }
  return undefined;
}

/** Parts by their names: a folder that was moved as it is holds the same parts. */
function changeOfParts(
  recorded: readonly InputIdentity[],
  found: readonly InputIdentity[],
): Change | undefined {
  const [before, now] = [recorded, found].map((inputs) => inputs.map(({ name }) => basename(name)));
  const has = (names: readonly string[] | undefined, { name }: InputIdentity): boolean =>
    names?.includes(basename(name)) === true;
  const gone = recorded.find((input) => !has(now, input));
  const added = found.find((input) => !has(before, input));
  if (gone !== undefined && added !== undefined && recorded.length === found.length)
    return { name: gone.name, how: `this part is gone, and ${basename(added.name)} was not there` };
  if (gone !== undefined) return { name: gone.name, how: `this part of ${recorded.length} is gone` };
  if (added !== undefined) return { name: added.name, how: `this part was added to ${recorded.length}` };
  const moved = found.find(({ name }, at) => basename(name) !== before?.[at]);
  return moved && { name: moved.name, how: 'the parts are in another order' };
}

const counted = (count: number | undefined): string => (count === undefined ? 'unknown' : formatCount(count));

function changeOf(before: InputIdentity, now: InputIdentity, whose: string): string | undefined {
  if (before.fingerprint !== undefined && now.fingerprint !== undefined) {
    if (before.fingerprint === now.fingerprint) return undefined;
    assertSameKey(before.fingerprint, now.fingerprint, whose);
    return before.rows === now.rows
      ? 'its content differs'
      : `it had ${counted(before.rows)} rows and has ${counted(now.rows)} now`;
  }
  if (before.name !== now.name) return `it is ${now.name} now`;
  if (before.sizeBytes !== now.sizeBytes)
    return `it had ${counted(before.sizeBytes)} bytes and has ${counted(now.sizeBytes)} now`;
  if (before.modifiedAt !== now.modifiedAt) return `it was modified at ${now.modifiedAt}`;
  return undefined;
}

/**
 * The settings with which a vault's records are read from somewhere else than it was loaded from: the result of a query of
 * two columns, value and token, or a file that has both columns under the vault's headers.
 */
export function withOtherSource(
  vault: VaultSettings,
  configuration: Configuration,
  queryOrFile: string,
): { readonly vault: VaultSettings; readonly configuration: Configuration } {
  // A limit of the load says nothing about the other source.
  const performance = { ...configuration.performance, max_records: 0 };
  if (isQuery(queryOrFile)) {
    const snowflake = { ...configuration.snowflake, query_mode: 'custom' as const };
    return {
      vault: { ...vault, query: queryOrFile },
      configuration: { ...configuration, source: 'snowflake', snowflake, performance },
    };
  }
  const file = resolve(queryOrFile);
  return {
    vault: { ...vault, csv: { ...vault.csv, data_file: file, token_file: file } },
    configuration: { ...configuration, source: 'csv', performance },
  };
}

/** Whether it is a query, and not a file. */
export function isQuery(queryOrFile: string): boolean {
  return /^\s*(?:select|with)\s/i.test(queryOrFile);
}
