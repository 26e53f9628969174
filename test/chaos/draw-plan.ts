import { drawInteger, seededRandom, type Random } from '../../src/sandbox/seeded-random.js';
import { drawKinds, type ChaosKind, type KindsPlan } from './draw-kinds.js';

/** One row of a source. */
export type Row = readonly [value: string, token: string];

/** Something that is done to a running program once the sandbox has stored so many more records. */
export interface Blow {
  readonly target: 'child' | 'supervisor' | 'both' | 'credential';
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT';
  /** Counted from the beginning of the command that it hits. */
  readonly afterRecords: number;
}

/** Everything that is drawn for one run; the same seed gives the same plan. */
export interface ChaosPlan extends KindsPlan {
  readonly seed: number;
  readonly rows: readonly Row[];
  readonly hasRepeats: boolean;
  readonly upsert: boolean;
  readonly wire: 'bulk' | 'record';
  readonly precount: boolean;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly settleMs: number;
  /** Live options of the sandbox. */
  readonly faults: Readonly<Record<string, unknown>>;
  readonly wrongTokens: number;
  /** What happens during each command in turn; the commands after them are left alone. */
  readonly blows: readonly (readonly Blow[])[];
  /** Whether the files of the run are torn after a command that did not finish. */
  readonly tears: readonly boolean[];
  /** Whether the journal is damaged after it, and has to be repaired. */
  readonly damages: readonly boolean[];
}

const lateCommitMs = 250;
/** In every value and in nothing else, so that a value in the wrong file is found. */
export const valueMark = 'confidential';

/** Draws a run. `size` scales the number of rows and of blows; `only` says which kinds it has, in place of the dice. */
export function drawPlan(
  seed: number,
  size: 'small' | 'full' = 'full',
  only?: readonly ChaosKind[],
): ChaosPlan {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) >>> 0);
  const upsert = random() < 0.35;
  const hasRepeats = random() < 0.3;
  const rowCount = size === 'small' ? drawInteger(random, 300, 900) : drawRowCount(random);
  const poisonShare = random() < 0.4 ? random() * 0.02 : 0;
  const drawnRows = drawRows(random, { rowCount, hasRepeats, poisonShare });
  const wrongTokens = random() < 0.2 && !(upsert && hasRepeats) ? drawInteger(random, 1, 4) : 0;
  const commands = size === 'small' ? drawInteger(random, 1, 3) : drawInteger(random, 1, 5);
  const kinds = drawKinds(seed, { rowCount, commands, only });
  const isMoving = kinds.kinds.includes('moving files');
  return {
    ...kinds,
    seed,
    rows: isMoving ? lengthened(drawnRows) : drawnRows,
    hasRepeats,
    upsert,
    wire: random() < 0.15 ? 'record' : 'bulk',
    // Without it there is nothing that a file which moves could be compared with.
    precount: random() < 0.8 || isMoving,
    batchSize: pick(random, [7, 20, 25, 50, 100, 300]),
    concurrency: drawInteger(random, 1, 17),
    settleMs: lateCommitMs + 350,
    faults: {
      retryAfter: 'none',
      latency: { fixedMs: drawInteger(random, 2, 25), jitterMs: drawInteger(random, 0, 20) },
      ...(upsert ? { uniqueColumns: ['*'], upsertToken: 'replace' } : {}),
      ...(poisonShare > 0
        ? {
            poison: ['poison'],
            poisonStatus: pick(random, [400, 409, 422]),
            poisonQuotesValue: random() < 0.5,
          }
        : {}),
      ...drawFaults(random),
      ...kinds.kindFaults,
      ...(wrongTokens > 0 ? { wrongToken: { rate: 0, next: wrongTokens } } : {}),
    },
    wrongTokens,
    blows: Array.from({ length: commands }, (_, command) =>
      // The first command is always hit: without that there would be nothing to resume.
      drawBlows(random, { rowCount, atLeast: command === 0 ? 1 : 0 }),
    ),
    tears: Array.from({ length: commands }, () => random() < 0.6),
    damages: Array.from({ length: commands }, () => random() < 0.3),
  };
}

function drawRowCount(random: Random): number {
  // Now and then more rows than are reserved at once.
  return random() < 0.06 ? drawInteger(random, 10_500, 14_000) : drawInteger(random, 500, 3_001);
}

function drawRows(
  random: Random,
  { rowCount, hasRepeats, poisonShare }: { rowCount: number; hasRepeats: boolean; poisonShare: number },
): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < rowCount; at += 1) {
    const chance = random();
    const earlier = rows[drawInteger(random, 0, Math.max(1, rows.length))];
    // A blank last line is no row, so an empty cell does not stand there.
    if (at === rowCount - 1) rows.push([`${valueMark} last`, 'tok_last']);
    else if (chance < 0.01) rows.push(['', `tok_${at}`]);
    else if (chance < 0.02) rows.push([`${valueMark} ${at}`, '']);
    else if (hasRepeats && chance < 0.06 && earlier !== undefined) rows.push(earlier);
    else if (chance > 1 - poisonShare) rows.push([`${valueMark} poison ${at}`, `tok_${at}`]);
    else if (chance > 0.95) rows.push([`${valueMark}, "${at}" ü\n漢`, `tök "${at}"`]);
    else rows.push([`${valueMark} ${at}`, `tok_${at}`]);
  }
  return rows;
}

/** So that the files have several pieces: what is sent is compared piece by piece. */
function lengthened(rows: readonly Row[]): Row[] {
  const padding = ` ${'x'.repeat(Math.min(1_500, Math.ceil(2_500_000 / rows.length)))}`;
  return rows.map(([value, token]) => [value === '' ? '' : value + padding, token]);
}

type FaultDrawer = (random: Random) => Readonly<Record<string, unknown>>;

const rate = (random: Random, most: number): number => Math.round(random() * most * 1000) / 1000;
const at = (name: string, most: number, more: object = {}): FaultDrawer => {
  return (random) => ({ [name]: { rate: rate(random, most), ...more } });
};

/** What can go wrong, each up to a rate at which a load still gets through. */
const faultMenu: readonly FaultDrawer[] = [
  at('resetBefore', 0.12),
  at('resetAfter', 0.12),
  at('resetMidBody', 0.1),
  at('truncated', 0.1),
  (random) => at('errorBefore', 0.12, { status: pick(random, [500, 502, 504]) })(random),
  (random) => at('errorAfter', 0.12, { status: pick(random, [500, 502, 504]) })(random),
  at('malformed', 0.1),
  at('shortAnswer', 0.1),
  at('missingId', 0.15),
  at('nullEntry', 0.15),
  at('partialInsert', 0.12),
  at('lateCommit', 0.08, { delayMs: lateCommitMs }),
  (random) => at('throttle', 0.05, { next: drawInteger(random, 0, 12) })(random),
  (random) => ({ ...at('throttle', 0.02)(random), retryAfter: pick(random, ['seconds', 'date']) }),
  (random) => ({
    outage: {
      rate: rate(random, 0.02),
      status: pick(random, [503, 529]),
      durationMs: drawInteger(random, 0, 1_500),
    },
  }),
  (random) => ({ portClosed: { rate: rate(random, 0.015), durationMs: drawInteger(random, 100, 1_500) } }),
  at('hangBefore', 0.01),
  at('hangAfter', 0.01),
  at('slowBody', 0.05),
  at('closeAfterReply', 0.2),
  at('textError', 0.5),
  (random) => ({ keepAliveRequests: drawInteger(random, 1, 10) }),
  (random) => ({ detokenizeNone: 404, statusAsString: random() < 0.5 }),
  (random) => ({ maxBatchRecords: drawInteger(random, 5, 60), tooLargeStatus: pick(random, [400, 413]) }),
  (random) => ({ requestsPerSecond: drawInteger(random, 40, 200), retryAfterSeconds: 1 }),
];

function drawFaults(random: Random): Record<string, unknown> {
  const count = drawInteger(random, 1, 6);
  let faults: Record<string, unknown> = {};
  for (let each = 0; each < count; each += 1) {
    faults = { ...faults, ...pick(random, faultMenu)(random) };
  }
  return faults;
}

function drawBlows(random: Random, { rowCount, atLeast }: { rowCount: number; atLeast: number }): Blow[] {
  const blows = Array.from({ length: drawInteger(random, atLeast, 3) }, (): Blow => ({
    target: pick(random, ['child', 'child', 'supervisor', 'supervisor', 'both', 'credential'] as const),
    signal: pick(random, ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'] as const),
    afterRecords: drawInteger(random, 1, Math.ceil(rowCount * 0.6)),
  }));
  return blows.sort((a, b) => a.afterRecords - b.afterRecords);
}

function pick<T>(random: Random, choices: readonly [T, ...T[]] | readonly T[]): T {
  const choice = choices[drawInteger(random, 0, choices.length)];
  if (choice === undefined) throw new RangeError('nothing to choose from');
  return choice;
}
