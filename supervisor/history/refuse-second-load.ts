import { basename } from 'node:path';
import type { Settings, VaultSettings } from '../../src/config/configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { gatherAlike } from '../../src/report/gather-alike.js';
import { formatCount } from '../../src/report/format-numbers.js';
import type { PositionRange } from '../../src/record/batch.js';
import type { InputIdentity } from '../../src/source/input-identity.js';
import { kindOf } from '../../src/source/source-kinds.js';
import { commandLine, configWords, loadWords, type GivenFlags } from './command-words.js';
import { findEarlierLoads, type EarlierLoad } from './earlier-loads.js';
import { findFailedRecords, wayOn, type FailedRecords } from './failed-records.js';
import { targetOf } from './load-target.js';
import { findSharedPiece, findSharing, type Sharing } from './shared-content.js';

/** A vault that is to be loaded. */
export interface IntendedLoad {
  readonly vault: VaultSettings;
  /** What it reads, in order. */
  readonly files: readonly string[];
  /** The positions that it is for. */
  readonly extent: PositionRange;
  /** Its query, where the source is Snowflake. */
  readonly sql?: string | undefined;
}

/** A vault whose input an earlier run has loaded into the same table already, or a part of it. */
export interface SharedLoad {
  readonly vault: string;
  readonly earlier: EarlierLoad;
  /** `same`: all of what is to be loaded now, read by position. `part`: only some of it. */
  readonly extent: 'same' | 'part';
  /** In words: what is shared. */
  readonly what: string;
  /** Of the whole earlier run: what failed there and can be sent again. */
  readonly failed?: FailedRecords | undefined;
}

/** What a load of a vault would read. */
export function intendedLoad(vault: VaultSettings, settings: Settings): IntendedLoad {
  const kind = kindOf(settings);
  const { start, end = Infinity } = kind.extent(settings.performance) ?? { start: 0 };
  const limit = settings.performance.max_records || Infinity;
  return {
    vault,
    sql: kind.query(vault, settings),
    files: kind.files(vault),
    extent: { start, end: Math.min(end, start + limit) },
  };
}

type LoadSettings = Pick<Settings, 'run_dir' | 'skyflow' | 'performance'>;

/** Whether a load of these settings may be of what is in the vault already: it cannot insert it once more. */
export function mayLoadAgain({ skyflow, performance }: LoadSettings): boolean {
  return skyflow.upsert || skyflow.skip_existing || performance.append_suffix === true;
}

/**
 * What earlier runs, of whatever set of vaults, have loaded of the inputs of these loads; by content where there are
 * files, by the query where the source is Snowflake and rows of it are left (the rows of a query that was loaded to
 * its end may be others by now: of those a sample of tokens tells).
 */
export async function findSharedLoads(
  settings: LoadSettings,
  loads: readonly IntendedLoad[],
  options: { readonly but?: string | undefined } = {},
): Promise<SharedLoad[]> {
  const shared: SharedLoad[] = [];
  for (const load of loads) {
    const target = targetOf(load.vault, settings.skyflow.vault_url);
    const earlier = (await findEarlierLoads(settings.run_dir, target, options)).reverse();
    const found = load.sql === undefined ? await ofSameFiles(load, earlier) : ofSameQuery(load, earlier);
    if (found === undefined) continue;
    const { run } = found.earlier;
    shared.push(run === undefined ? found : { ...found, failed: await findFailedRecords(run.known) });
  }
  return shared;
}

function ofSameQuery({ vault, sql }: IntendedLoad, loads: readonly EarlierLoad[]): SharedLoad | undefined {
  const earlier = loads.find(
    (load) => load.sql === sql && (load.run?.isUnfinished === true || hasRowsLeft(load)),
  );
  const isPart = earlier?.undo !== undefined;
  return (
    earlier && {
      vault: vault.name,
      earlier,
      extent: isPart ? 'part' : 'same',
      what: isPart ? 'some of these rows' : 'this query',
    }
  );
}

async function ofSameFiles(
  { vault, files, extent }: IntendedLoad,
  all: readonly EarlierLoad[],
): Promise<SharedLoad | undefined> {
  // There may be hundreds: one after the other.
  const sharing = new Map<string, ReadonlyMap<InputIdentity, Sharing>>();
  for (const file of files) sharing.set(file, await findSharing(file, all));
  // The same parts in another order have other positions.
  const isSameInput = ({ inputs }: EarlierLoad): boolean =>
    files.length === inputs.length &&
    files.every((file, at) => {
      const input = inputs[at];
      return input !== undefined && sharing.get(file)?.get(input) === 'same';
    });
  const loads = all.filter((load) => !isSameInput(load) || overlaps(load, extent));
  let part: SharedLoad | undefined;
  for (const earlier of loads) {
    const how = files.map((file): Sharing | undefined => {
      const all = earlier.inputs.flatMap((input) => sharing.get(file)?.get(input) ?? []);
      return all.includes('same') ? 'same' : all[0];
    });
    if (isSameInput(earlier)) {
      if (!isSameSlice(earlier, extent) || earlier.undo !== undefined) {
        part ??= { vault: vault.name, earlier, extent: 'part', what: 'some of these rows' };
        continue;
      }
      return { vault: vault.name, earlier, extent: 'same', what: 'this input' };
    }
    const at = how.findIndex((one) => one !== undefined);
    if (at < 0 || part !== undefined) continue;
    const name = basename(files[at] ?? '');
    const what = how[at] === 'same' ? `${name}, with another file beside it` : `what ${name} begins with`;
    part = { vault: vault.name, earlier, extent: 'part', what };
  }
  return part ?? ofSamePieces(vault, files, loads);
}

/** Whether rows of an earlier load of the same input are among those that are meant now. */
function overlaps({ slice, run, rows = Infinity }: EarlierLoad, { start, end }: PositionRange): boolean {
  const first = slice?.start ?? 0;
  const last = Math.min(slice?.end ?? Infinity, first + (run?.limit ?? Infinity), first + rows);
  return Math.max(first, start) < Math.min(last, end);
}

/** A run of a slice goes on with that slice alone. */
function isSameSlice({ slice }: EarlierLoad, { start, end }: PositionRange): boolean {
  return slice === undefined ? start === 0 : slice.start === start && (slice.end ?? Infinity) >= end;
}

/** Rows changed in place, or put in front: the other pieces of the file are what they were. */
async function ofSamePieces(
  vault: VaultSettings,
  files: readonly string[],
  loads: readonly EarlierLoad[],
): Promise<SharedLoad | undefined> {
  for (const file of files) {
    const earlier = await findSharedPiece(file, loads);
    if (earlier === undefined) continue;
    return { vault: vault.name, earlier, extent: 'part', what: `a part of ${basename(file)}` };
  }
  return undefined;
}

/** Whether the source has rows beyond the limit that ended the earlier run. */
function hasRowsLeft({ rows, settled }: EarlierLoad): boolean {
  return rows !== undefined && rows > settled;
}

/** How shared loads are gone on with, in full commands for a shell. */
function waysOn(shared: readonly SharedLoad[], settings: LoadSettings, given: GivenFlags): string[] {
  const limit = settings.performance.max_records;
  const ways = new Set<string>();
  const missing: string[] = [];
  for (const { vault, earlier, extent, failed } of shared) {
    const { run } = earlier;
    if (earlier.isPartlyCleared) {
      const clear = commandLine('clear', '--vault', vault, ...configWords(given));
      ways.add(`Empty it, then load all of it: ${clear}`);
      missing.push(vault);
      continue;
    }
    if (earlier.undo === 'begun' && run !== undefined) {
      const undo = commandLine('undo', run.path, '--vault', vault, ...configWords(given));
      ways.add(`Bring the undo of it to its end, then load anew: ${undo}`);
      continue;
    }
    if (extent === 'part' || run === undefined) {
      missing.push(vault);
      continue;
    }
    if (!run.isUnfinished && !hasRowsLeft(earlier)) {
      const verify = commandLine('verify', run.path, ...configWords(given));
      ways.add(
        failed === undefined
          ? `Nothing of it is left to load. Prove that: ${verify}`
          : `No other row of it is left to load. ${wayOn(failed, configWords(given))}`,
      );
      continue;
    }
    const raises = run.limit < (limit || Infinity) || !run.isUnfinished;
    const wanted = limit > run.limit ? limit : 0;
    const raised = raises ? ['--max-records', String(wanted)] : [];
    ways.add(`Go on with it: ${commandLine('resume', run.path, ...raised, ...configWords(given))}`);
  }
  if (missing.length > 0) {
    const words = loadWords(given, { vaults: missing, settings: { 'skyflow.skip_existing': 'true' } });
    ways.add(`Insert only what is missing: ${commandLine(...words)}`);
  }
  return [...ways];
}

/**
 * By vault: the run that has loaded its query to its end. The rows may be others by now; whether they are, only the vault
 * can tell.
 */
export async function findLoadedQueries(
  settings: LoadSettings,
  loads: readonly Pick<IntendedLoad, 'vault' | 'sql'>[],
  options: { readonly but?: string | undefined } = {},
): Promise<ReadonlyMap<string, string>> {
  const loaded = new Map<string, string>();
  for (const { vault, sql } of mayLoadAgain(settings) ? [] : loads) {
    if (sql === undefined) continue;
    const target = targetOf(vault, settings.skyflow.vault_url);
    const earlier = await findEarlierLoads(settings.run_dir, target, options);
    const same = earlier.findLast((load) => load.sql === sql);
    if (same !== undefined) loaded.set(vault.name, same.runId);
  }
  return loaded;
}

/** The refusal of a load that would insert rows once more, with the whole command that goes on. */
export function refusal(
  shared: readonly [SharedLoad, ...SharedLoad[]],
  settings: LoadSettings,
  { given, selected }: { readonly given: GivenFlags; readonly selected: readonly string[] },
): SuperviseError {
  const others = selected.filter((name) => shared.every(({ vault }) => vault !== name));
  const rest = commandLine(...loadWords(given, { vaults: others }));
  const said = gatherAlike(shared, {
    name: ({ vault }) => vault,
    message: describeShared,
    besides: () => '',
  }).map(
    ({ names, message }) => `${names.length === 1 ? 'vault' : 'vaults'} ${names.join(', ')}: ${message}`,
  );
  return new SuperviseError('usage', said.join('\n'), {
    hint: [
      ...waysOn(shared, settings, given),
      ...(others.length === 0 ? [] : [`The other vaults: ${rest}`]),
      'To insert its rows a second time all the same: --new-run',
    ].join('\n'),
  });
}

/**
 * What to do when a sample of tokens shows that the vault holds a vault's records already; undefined where a load may
 * be of what is there.
 */
export function alreadyLoadedHint(
  settings: LoadSettings,
  given: GivenFlags & { readonly newRun: boolean },
): ((vaultName: string) => string) | undefined {
  if (given.newRun || mayLoadAgain(settings)) return undefined;
  return (vaultName) => {
    const words = loadWords(given, { vaults: [vaultName], settings: { 'skyflow.skip_existing': 'true' } });
    return [
      'Another run, host or folder has loaded it. Insert only what is missing: ' + commandLine(...words),
      'To insert its rows a second time all the same: --new-run',
    ].join('\n');
  };
}

/** Of a table, after what was loaded into it. */
export const partlyCleared =
  'a `clear` that began since has not emptied its table, but may have deleted some of it';

/** Which run has loaded what of a vault's input. */
export function describeShared({ vault, earlier, extent, what }: SharedLoad): string {
  const { run, runId, rows, settled, isPartlyCleared } = earlier;
  const kind = run === undefined ? 'forgotten run' : run.isUnfinished ? 'unfinished run' : 'run';
  const amount =
    extent === 'part'
      ? what
      : run?.isUnfinished === true
        ? `a part of ${what}`
        : hasRowsLeft(earlier) && rows !== undefined
          ? `${formatCount(settled)} of the ${formatCount(rows)} rows of ${what}`
          : `${what} already`;
  return `vault ${vault}: the ${kind} ${runId} has loaded ${amount}${isPartlyCleared ? `; ${partlyCleared}` : ''}`;
}
