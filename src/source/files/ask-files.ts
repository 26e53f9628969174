import { resolve as absolute } from 'node:path';
import { faultOfFolder } from '../../system/fault-of-file.js';
import { faultOfNames } from './fault-of-names.js';
import type { NamedFiles } from './name-files.js';
import type { Questioner } from '../source-kind.js';

/** A vault whose files are looked at. */
export interface InterviewedVault {
  readonly name: string;
  readonly column: string;
}

/** The folder of the files, which may be made later. */
export function askFolder(ask: Questioner, title: string): Promise<string> {
  return ask.text({
    question: `Directory of the ${title}:`,
    usual: 'data',
    fault: (answer) => faultOfFolder(absolute(answer)),
  });
}

/** Which files a vault's values and tokens stand in, where the usual ones are not there. */
export async function askFiles(
  ask: Questioner,
  { name }: InterviewedVault,
  {
    pattern,
    usual,
    resolve,
  }: {
    readonly pattern: string;
    readonly usual: string;
    /** How the configuration takes a name. */
    readonly resolve: (answer: string) => NamedFiles;
  },
): Promise<{ readonly data: string; readonly tokens: string }> {
  const tokensFault = faultOfNames(resolve);
  const data = await ask.text({
    question: `File of the values of ${name} (a pattern such as ${pattern} for parts):`,
    usual,
    fault: faultOfNames(resolve),
  });
  const tokens = await ask.text({
    question: 'File of its tokens (Enter: the same, which holds both columns):',
    usual: data,
    // One that is not there is told of once.
    fault: (answer) => (answer === data ? undefined : tokensFault(answer)),
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

/** What is said where the files cannot be looked at yet. */
export function sayNotThere(ask: Questioner, { name }: InterviewedVault): void {
  ask.say(`${name}: its files are not there yet, and were not looked at; check does it.`);
}
