import { drawInteger, seededRandom, type Random } from '../../src/sandbox/seeded-random.js';
import type { Move } from './move-files.js';

/** What the world does beside faults and kills; a run has any number of them. */
export const chaosKinds = [
  'lying answers',
  'gateways',
  'moving files',
  'dead outputs',
  'followed advice',
] as const;
export type ChaosKind = (typeof chaosKinds)[number];

/** How a command's outputs are gone: on a full disk (one or both), closed from the beginning, or their reader ends. */
export type DeadOutput = 'full' | 'both full' | 'closed' | 'reader gone';

/** What a run has of the kinds. */
export interface KindsPlan {
  readonly kinds: readonly ChaosKind[];
  /** Beside the faults that are drawn for every run. */
  readonly kindFaults: Readonly<Record<string, unknown>>;
  /** What becomes of a file during each command in turn. */
  readonly moves: readonly (PlannedMove | undefined)[];
  readonly outputs: readonly (DeadOutput | undefined)[];
}

export interface PlannedMove {
  readonly move: Move;
  readonly afterRecords: number;
  /** Whether the file is put back before the next command, or only behind it. */
  readonly isPutBackAtOnce: boolean;
}

/** Draws them from a stream of their own, so that the rest of a seed's plan does not depend on them. */
export function drawKinds(
  seed: number,
  {
    rowCount,
    commands,
    only,
  }: { rowCount: number; commands: number; only?: readonly ChaosKind[] | undefined },
): KindsPlan {
  const random = seededRandom(Math.imul(seed, 0x85ebca6b) >>> 0);
  const drawn = chaosKinds.filter(() => random() < 0.3);
  const kinds = only ?? drawn;
  const each = <T>(kind: ChaosKind, draw: () => T): (T | undefined)[] =>
    Array.from({ length: commands }, () => (kinds.includes(kind) && random() < 0.7 ? draw() : undefined));
  return {
    kinds,
    kindFaults: {
      ...(kinds.includes('lying answers') ? drawLies(random) : {}),
      ...(kinds.includes('gateways') ? drawGateways(random) : {}),
    },
    moves: each('moving files', () => ({
      move: choose(random, ['reversed', 'edited', 'edited', 'appended', 'touched', 'replaced']),
      afterRecords: drawInteger(random, 1, Math.ceil(rowCount * 0.6)),
      isPutBackAtOnce: random() < 0.5,
    })),
    outputs: each('dead outputs', () => choose(random, ['full', 'both full', 'closed', 'reader gone'])),
  };
}

/** Answers that say something else than what was done, each up to a rate at which a load still gets through. */
function drawLies(random: Random): Record<string, unknown> {
  const upTo = (most: number, more: object = {}) => ({
    rate: 0.01 + Math.round(random() * most * 1000) / 1000,
    ...more,
  });
  const menu: readonly Record<string, unknown>[] = [
    { shuffled: { rate: random() < 0.5 ? 1 : 0.3 } },
    { staleAnswer: upTo(0.12) },
    { doubledAnswer: upTo(0.12) },
    { unsolicited: upTo(0.15, { status: choose(random, [400, 408, 503]), delayMs: 1 }) },
    {
      hugeAnswer: upTo(0.04, {
        bytes: 3_000_000,
        form: choose(random, ['blanks', 'entries', 'nested', 'words']),
      }),
    },
    { nullEntry: upTo(0.12) },
    { shortAnswer: upTo(0.1) },
    { missingId: upTo(0.12) },
    { malformed: upTo(0.1) },
  ];
  return Object.assign(
    {},
    ...Array.from({ length: drawInteger(random, 2, 5) }, () => choose(random, menu)),
  ) as Record<string, unknown>;
}

/** Answers of somebody in front of the vault: mostly after the effect, in every form, also in the vault's own. */
function drawGateways(random: Random): Record<string, unknown> {
  const answer = (): { rate: number; status: number; form: string; grpcCode?: number } => {
    const said = choose(random, [
      { status: 503, form: 'text' },
      { status: 503, form: 'envelope', grpcCode: 14 },
      { status: 400, form: 'envelope', grpcCode: choose(random, [1, 2, 4, 10, 13, 14, 15]) },
      { status: 408, form: 'text' },
      { status: 499, form: 'empty' },
      { status: 400, form: 'html' },
      { status: 403, form: 'html' },
      { status: 404, form: 'text' },
      { status: 307, form: 'empty' },
      { status: 529, form: 'empty' },
      { status: 502, form: 'html' },
      { status: 504, form: 'html' },
      { status: 202, form: 'html' },
      { status: 200, form: 'empty' },
      { status: 200, form: 'html' },
    ]);
    // A refusal of everything ends the vault: of these a load survives few.
    const isFinal = [307, 403, 404].includes(said.status);
    return { ...said, rate: isFinal ? 0.005 : 0.02 + Math.round(random() * 120) / 1000 };
  };
  return { errorAfter: answer(), ...(random() < 0.5 ? { errorBefore: answer() } : {}) };
}

function choose<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[drawInteger(random, 0, choices.length)];
  if (choice === undefined) throw new RangeError('nothing to choose from');
  return choice;
}
