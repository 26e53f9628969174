import * as z from 'zod';
import type { FileFormat } from './files/file-format.js';
import { chosenForms, textForms, type FormsChoice } from './files/text-forms.js';
import { parquetFormat } from './parquet/parquet-format.js';

const formats = { parquet: parquetFormat } satisfies Record<string, FileFormat>;

export type FormatName = keyof typeof formats;
const formatNames = Object.keys(formats) as [FormatName, ...FormatName[]];

/** Every format of files that is read where text is not: who adds one adds it above. */
export const fileFormats: Readonly<Record<FormatName, FileFormat>> = formats;
export const formatName = z.enum(formatNames);

/** The format whose files begin so, a character a byte. */
export function formatOf(beginning: string): FormatName | undefined {
  return formatNames.find((name) => formats[name].start.test(beginning));
}

/** How what is no text becomes text, in files of a format. */
export const formatTexts = z.partialRecord(formatName, textForms);
export type FormatTexts = Readonly<z.output<typeof formatTexts>>;

/** Sections, or a vault's keys, named like the formats that they are for. */
export type FormatSections = Readonly<Partial<Record<FormatName, FormsChoice | undefined>>>;

/** What a vault says of each format, else its section. */
export function formatTextsOf(vault: FormatSections, sections: FormatSections): FormatTexts {
  const chosen = formatNames.map((name) => [name, chosenForms(vault[name], sections[name] ?? {})] as const);
  return Object.fromEntries(chosen.filter(([, forms]) => forms.length > 0));
}
