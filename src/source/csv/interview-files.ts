import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { askFiles, sayFound, sayNotThere, type InterviewedVault } from '../files/ask-files.js';
import { isAnyThere } from '../files/name-files.js';
import type { Questioner } from '../source-kind.js';
import { csvSection, resolveVaultCsv } from './csv-settings.js';
import { proposeSettings } from './propose-settings.js';

interface Answers {
  data_file?: string;
  token_file?: string;
  value_header?: string;
  token_header?: string;
}

/**
 * The keys of a vault's `csv`, by looking at its files: what they are named and how they are written. Where the usual
 * files are not there, others are asked for; where their columns are not found, the headers are.
 */
export async function interviewFiles(
  ask: Questioner,
  vault: InterviewedVault,
  section: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const settings = csvSection.parse(section);
  const directory = resolve(settings.data_directory);
  const filesOf = (own: Answers) =>
    resolveVaultCsv({ ...vault, csv: own }, { ...settings, data_directory: directory });
  const usual = filesOf({});
  const answers: Answers = {};
  if (!isAnyThere(usual.data_file)) {
    if (isEmpty(directory)) {
      sayNotThere(ask, vault);
      return {};
    }
    const asked = {
      pattern: 'ssn_*.csv.gz',
      usual: `${vault.column}_data.csv`,
      resolve: (answer: string) => filesOf({ data_file: answer }).data_file,
    };
    ({ data: answers.data_file, tokens: answers.token_file } = await askFiles(ask, vault, asked));
  }
  if (!isAnyThere(filesOf(answers).data_file)) {
    sayNotThere(ask, vault);
    return { ...withoutUsual(answers, vault) };
  }
  const signal = new AbortController().signal;
  let proposed = await proposeSettings(vault.name, filesOf(answers), signal);
  // Asked again until they are found, or left as they are.
  for (let before: string | undefined; proposed === undefined;) {
    const { value_header: value, token_header: token } = filesOf(answers);
    if (before !== undefined)
      ask.say(
        `${vault.name}: the columns were not found in its files. Enter leaves the headers as they are.`,
      );
    answers.value_header = await ask.text({ question: 'Header of the column of values:', usual: value });
    answers.token_header = await ask.text({ question: 'Header of the column of tokens:', usual: token });
    const now = JSON.stringify([answers.value_header, answers.token_header]);
    if (now === (before ?? JSON.stringify([value, token]))) break;
    before = now;
    proposed = await proposeSettings(vault.name, filesOf(answers), signal);
  }
  const csv = { ...withoutUsual(answers, vault), ...proposed };
  sayFound(ask, vault, proposed);
  return csv;
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch {
    return true;
  }
}

/** What differs from what holds without it. */
function withoutUsual(answers: Answers, { column }: InterviewedVault): Answers {
  const { data_file: data, token_file: tokens } = answers;
  if (data === `${column}_data.csv` && tokens === `${column}_tokens.csv`) return {};
  return answers;
}
