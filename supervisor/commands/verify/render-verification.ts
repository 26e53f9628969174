import { formatCount } from '../../../src/report/format-numbers.js';
import { columnsOf, layOut, type Page } from '../../../src/report/lay-out.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { drawRule, paint, symbolsOf, type TextStyle, type Tone } from '../../../src/report/text-style.js';
import { toneOfTask } from '../../view/marked-lines.js';
import type { VaultVerification, Verification } from '../../../src/verification/verification-format.js';
import type { RelatedRun } from './related-runs.js';

const mostShown = 12;

/** A verification for people. */
export function renderVerification(
  verification: Verification,
  screen: Page & { readonly style: TextStyle },
  where: {
    readonly file: string;
    readonly continueWith: string | undefined;
    /** Runs with another part of the records, and what proves them. */
    readonly related?: readonly (Pick<RelatedRun, 'kind'> & { readonly command: string })[];
  },
): string {
  const { style } = screen;
  const rule = drawRule(style, columnsOf(screen));
  const paragraphs = [
    rule,
    paint(style, 'strong', `VERIFICATION OF RUN ${verification.run_id}`),
    `  ${describeMode(verification.mode)}`,
    ...(verification.against === undefined ? [] : [`  compared with ${verification.against}`]),
    '',
    ...verification.vaults.flatMap((vault) => renderVault(vault, style)),
    '',
    `  Written to ${where.file}`,
    ...(where.continueWith === undefined ? [] : ['  Go on with it:', `    ${where.continueWith}`]),
    rule,
    renderVerdict(verification, style),
    ...renderRelated(where.related ?? []),
  ];
  return layOut(paragraphs, screen);
}

/** Each kind in a sentence, with its commands whole, on lines of their own. */
function renderRelated(
  related: readonly (Pick<RelatedRun, 'kind'> & { readonly command: string })[],
): string[] {
  const sentences = {
    'what it retries': 'This run has only sent records of another one again. Prove that one too:',
    'retry of it': 'Some of its records were sent again, as a run of their own. Prove that too:',
  } as const satisfies Record<RelatedRun['kind'], string>;
  return Object.entries(sentences).flatMap(([kind, sentence]) => {
    const commands = related.filter((run) => run.kind === kind).map(({ command }) => `  ${command}`);
    return commands.length === 0 ? [] : [sentence, ...commands];
  });
}

/** How much was read back. */
export function describeMode(mode: Verification['mode']): string {
  return mode.kind === 'all'
    ? 'every record is read back by its token'
    : `a sample of ${formatCount(mode.size)} records a vault is read back, seed ${mode.seed}`;
}

/** One line of what a vault came to. */
export function describeVault(vault: VaultVerification): string {
  const { surplus } = vault;
  const described = describeRecords(vault);
  return (surplus ?? 0) > 0
    ? `${described}; the table holds ${formatCount(surplus ?? 0)} too many`
    : described;
}

function describeRecords({ findings, status }: VaultVerification): string {
  if (findings === null) return status.replaceAll('_', ' ');
  const { checked, expected, matching, missing, different } = findings;
  const read = `${formatCount(checked)} of ${formatCount(expected)} read back`;
  if (checked === 0) return read;
  if (missing + different === 0) return `${read}, all match`;
  return `${read}: ${formatCount(matching)} match, ${formatCount(missing)} missing, ${formatCount(different)} different`;
}

function renderVault(vault: VaultVerification, style: TextStyle): string[] {
  const tone = toneOfTask(vault.status);
  const { findings } = vault;
  const notes = [
    ...(findings === null ? [] : findingNotes(vault, findings)),
    ...vault.remarks,
    ...(vault.error === undefined ? [] : [singleLine(vault.error.message, 1000)]),
    ...(vault.error?.hint === undefined ? [] : [vault.error.hint]),
  ];
  return [
    `  ${paint(style, tone, symbolsOf(style)[tone])} ${vault.name}: ${describeVault(vault)}`,
    ...notes.map((note) => `    ${note}`),
  ];
}

function findingNotes(
  vault: VaultVerification,
  findings: NonNullable<VaultVerification['findings']>,
): string[] {
  const { not_judged: left, missing_positions: missing, different_positions: different } = findings;
  const reasons = [
    ['failed', left.failed],
    ['skipped', left.skipped],
    ['open', left.unsettled],
  ] as const;
  const notJudged = reasons
    .filter(([, rows]) => rows > 0)
    .map(([reason, rows]) => `${formatCount(rows)} ${reason}`);
  const isSample = findings.checked < findings.expected && findings.checked > 0;
  return [
    ...(isSample
      ? [`at most ${formatBound(vault.wrong_at_most ?? 1)} of its records are wrong, with 95% confidence`]
      : []),
    ...(missing.length === 0 ? [] : [`missing: ${describePositions(missing)}`]),
    ...(different.length === 0 ? [] : [`another value under the token: ${describePositions(different)}`]),
    ...(notJudged.length === 0 ? [] : [`not asked for, as not uploaded: ${notJudged.join(', ')}`]),
  ];
}

function describePositions(ranges: readonly { readonly first: number; readonly last: number }[]): string {
  const shown = ranges
    .slice(0, mostShown)
    .map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
  const more = ranges.length > mostShown ? ', …' : '';
  return `positions ${shown.join(', ')}${more}`;
}

/** A share in percent, rounded up: what is shown is never less than what was proved. */
export function formatBound(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0%';
  const step = 10 ** (Math.floor(Math.log10(percent)) - 1);
  const digits = Math.max(0, -Math.log10(step));
  return `${(Math.ceil(percent / step - 1e-9) * step).toFixed(Math.round(digits))}%`;
}

function renderVerdict(verification: Verification, style: TextStyle): string {
  const { good, bad, warn } = symbolsOf(style);
  const { totals, mode, complete, exit_code: exitCode } = verification;
  const say = (tone: Tone, symbol: string, text: string): string => paint(style, tone, `${symbol} ${text}`);
  const wrong = totals.missing + totals.different;
  const surplus = verification.vaults.reduce((sum, vault) => sum + (vault.surplus ?? 0), 0);
  const differing = [
    ...(wrong > 0 || surplus === 0
      ? [
          `${formatCount(wrong)} of ${formatCount(totals.checked)} records are not in their vault as they were loaded.`,
        ]
      : []),
    ...(surplus === 0
      ? []
      : [`Tables hold ${formatCount(surplus)} records more than before plus what was loaded.`]),
  ].join(' ');
  if (complete) {
    return say(
      'good',
      good,
      `Complete: all ${formatCount(totals.checked)} records are in their vaults under their own tokens.`,
    );
  }
  switch (exitCode) {
    case 0:
      if (totals.checked === 0)
        return say('warn', warn, 'Nothing was read back: this run has uploaded no record.');
      return say(
        'good',
        good,
        mode.kind === 'all'
          ? 'All records of these vaults match; the run has others too.'
          : 'The whole sample matches. Only --all proves a run completely.',
      );
    case 1:
      return say('bad', bad, differing);
    case 3:
      return say(
        'bad',
        bad,
        `The verification could not be finished.${wrong + surplus > 0 ? ` ${differing}` : ''}`,
      );
    default:
      return say('warn', warn, `Interrupted.${wrong > 0 ? ` ${differing}` : ''}`);
  }
}
