import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { isAnyThere } from '../files/name-files.js';
import type { Questioner } from '../source-kind.js';
import { csvSection, resolveVaultCsv } from './csv-settings.js';
import { proposeSettings } from './propose-settings.js';

/** A vault whose files are looked at. */
interface InterviewedVault {
  readonly name: string;
  readonly column: string;
}

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
    if (isEmpty(directory)) return {};
    answers.data_file = await ask.text({
      question: `File of the values of ${vault.name} (a pattern such as ssn_*.csv.gz for parts):`,
      usual: `${vault.column}_data.csv`,
    });
    answers.token_file = await ask.text({
      question: 'File of its tokens (Enter: the same, which holds both columns):',
      usual: answers.data_file,
    });
  }
  if (!isAnyThere(filesOf(answers).data_file)) return { ...withoutUsual(answers, vault) };
  const signal = new AbortController().signal;
  let proposed = await proposeSettings(vault.name, filesOf(answers), signal);
  if (proposed === undefined) {
    const { value_header: value, token_header: token } = filesOf(answers);
    answers.value_header = await ask.text({ question: 'Header of the column of values:', usual: value });
    answers.token_header = await ask.text({ question: 'Header of the column of tokens:', usual: token });
    proposed = await proposeSettings(vault.name, filesOf(answers), signal);
  }
  const csv = { ...withoutUsual(answers, vault), ...proposed };
  ask.say(
    proposed === undefined
      ? `${vault.name}: the columns were not found in its files; check says why.`
      : `${vault.name}: its files were looked at, and their columns found${Object.keys(proposed).length === 0 ? '' : `, with ${JSON.stringify(proposed)}`}.`,
  );
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
