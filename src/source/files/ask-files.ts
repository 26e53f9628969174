import type { Questioner } from '../source-kind.js';

/** A vault whose files are looked at. */
export interface InterviewedVault {
  readonly name: string;
  readonly column: string;
}

/** Which files a vault's values and tokens stand in, where the usual ones are not there. */
export async function askFiles(
  ask: Questioner,
  { name }: InterviewedVault,
  { pattern, usual }: { readonly pattern: string; readonly usual: string },
): Promise<{ readonly data: string; readonly tokens: string }> {
  const data = await ask.text({
    question: `File of the values of ${name} (a pattern such as ${pattern} for parts):`,
    usual,
  });
  const tokens = await ask.text({
    question: 'File of its tokens (Enter: the same, which holds both columns):',
    usual: data,
  });
  return { data, tokens };
}

/** What looking at the files came to; undefined: their columns were not found. */
export function sayFound(ask: Questioner, { name }: InterviewedVault, proposed: object | undefined): void {
  const how =
    proposed === undefined || Object.keys(proposed).length === 0 ? '' : `, with ${JSON.stringify(proposed)}`;
  ask.say(
    proposed === undefined
      ? `${name}: the columns were not found in its files; check says why.`
      : `${name}: its files were looked at, and their columns found${how}.`,
  );
}
