import { resolve } from 'node:path';
import { openVaultFiles } from '../csv/csv-source.js';
import { askFiles, sayFound, sayNotThere, type InterviewedVault } from '../files/ask-files.js';
import { isAlike } from '../files/column-names.js';
import { isAnyThere, presumedFiles } from '../files/name-files.js';
import { openInputFile } from '../files/open-input-file.js';
import { PieceTable } from '../fingerprints/piece-table.js';
import type { Questioner } from '../source-kind.js';
import { columnsIn, type NamedColumn } from './find-column.js';
import {
  asVaultFiles,
  parquetSection,
  resolveParquet,
  resolveVaultParquet,
  vaultParquetSection,
  type VaultParquet,
} from './parquet-settings.js';
import { ProvedBytes } from './proved-bytes.js';
import { readFooter } from './read-footer.js';
import { usualForms, type TextForms } from '../files/text-forms.js';

interface Answers {
  data_file?: string;
  token_file?: string;
  value_column?: string;
  token_column?: string;
}

type Proposed = Pick<Answers, 'value_column' | 'token_column'> & { readonly text?: TextForms };

/**
 * The keys of a vault's `parquet`, by looking at its files: how they are named, what their columns are called, and the
 * usual texts of columns that hold none. Files that are not there under their usual name are asked for; so are columns
 * that are not found.
 */
export async function interviewParquet(
  ask: Questioner,
  vault: InterviewedVault,
  section: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const settings = resolveParquet({
    parquet: parquetSection.parse(section),
    csv: { data_directory: 'data' },
  });
  const data_directory = resolve(settings.data_directory);
  const filesOf = (own: object): VaultParquet =>
    resolveVaultParquet(
      { ...vault, parquet: vaultParquetSection.parse(own) },
      { ...settings, data_directory },
    );
  const answers: Answers = {};
  if (!isAnyThere(filesOf({}).data_file)) {
    const usual = `${vault.column}.parquet`;
    const { data, tokens } = await askFiles(ask, vault, {
      pattern: 'ssn_*.parquet',
      usual,
      resolve: (answer) => filesOf({ data_file: answer }).data_file,
    });
    if (data !== usual) answers.data_file = data;
    if (tokens !== data) answers.token_file = tokens;
  }
  if (!isAnyThere(filesOf(answers).data_file)) {
    sayNotThere(ask, vault);
    return { ...answers };
  }
  let proposed = await propose(vault.name, answers, filesOf);
  if (proposed === undefined) {
    const { value_column: value, token_column: token } = filesOf(answers);
    answers.value_column = await ask.text({ question: 'Name of the column of values:', usual: value });
    answers.token_column = await ask.text({ question: 'Name of the column of tokens:', usual: token });
    proposed = await propose(vault.name, answers, filesOf);
  }
  sayFound(ask, vault, proposed);
  return { ...answers, ...proposed };
}

/** What the first files ask for, tried on all; undefined where the columns are not found so. */
async function propose(
  name: string,
  answers: Answers,
  filesOf: (own: object) => VaultParquet,
): Promise<Proposed | undefined> {
  const files = filesOf(answers);
  const values = await find(presumedFiles(files.data_file)[0], files.value_column);
  const tokens = await find(presumedFiles(files.token_file)[0], files.token_column);
  if (values === undefined || tokens === undefined) return undefined;
  const forms = [values, tokens].flatMap(({ type }) =>
    type === 'text' || type === 'other' ? [] : [usualForms[type]],
  );
  const proposed: Proposed = {
    ...(values.name === files.value_column ? {} : { value_column: values.name }),
    ...(tokens.name === files.token_column ? {} : { token_column: tokens.name }),
    ...(forms.length === 0 ? {} : { text: textOf([...new Set(forms)]) }),
  };
  const tried = asVaultFiles(filesOf({ ...answers, ...proposed }));
  try {
    await openVaultFiles(name, { files: tried, precount: false }).inspect(new AbortController().signal);
    return proposed;
  } catch {
    return undefined;
  }
}

const textOf = (forms: readonly string[]): TextForms =>
  vaultParquetSection.parse({ text: forms })?.text ?? [];

/** The column of a name; else the one that has it but for capitals, blanks and punctuation. */
async function find(path: string | undefined, wanted: string): Promise<NamedColumn | undefined> {
  if (path === undefined) return undefined;
  try {
    const file = await openInputFile(path, new PieceTable({ whole: undefined }));
    try {
      const columns = columnsIn((await readFooter(file, new ProvedBytes(file))).schema);
      return columns.find(({ name }) => name === wanted) ?? columns.find(({ name }) => isAlike(name, wanted));
    } finally {
      await file.close();
    }
  } catch {
    // What is wrong with it check says.
    return undefined;
  }
}
