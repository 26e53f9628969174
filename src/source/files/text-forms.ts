import * as z from 'zod';

/** How what is no text in a file becomes text. Each is one way only; what it cannot say exactly is an error. */
const forms = {
  integer: /^0{1,40}$/,
  decimal: /^(?:scale|short)$/,
  float: /^(?:whole|shortest)$/,
  boolean: /^(?:true\/false|TRUE\/FALSE|1\/0)$/,
  date: /^(?:yyyy-mm-dd|yyyymmdd|mm\/dd\/yyyy|dd\/mm\/yyyy|dd\.mm\.yyyy)$/,
  time: /^iso$/,
  timestamp: /^(?:iso|sql|date)$/,
  uuid: /^(?:lower|upper)$/,
  binary: /^(?:utf8|hex|base64)$/,
} as const;
export type TextType = keyof typeof forms;

const isTextType = (type: string): type is TextType => type in forms;

/** A list such as `["integer:000000000", "date:yyyy-mm-dd"]`. */
export const textForms = z
  .array(
    z.string().refine((entry) => {
      const [type, form] = splitEntry(entry);
      return isTextType(type) && forms[type].test(form);
    }),
  )
  .max(Object.keys(forms).length)
  .readonly();
export type TextForms = z.output<typeof textForms>;

/** What may say the forms: a vault, or the section that holds for all. */
export interface FormsChoice {
  readonly text?: TextForms | undefined;
}

/** How a vault's values that are no text are written. */
export function chosenForms(own: FormsChoice | undefined, section: FormsChoice): TextForms {
  return own?.text ?? section.text ?? [];
}

/** The form that is chosen for a type. */
export function formOf(type: TextType, chosen: TextForms): string | undefined {
  const entry = chosen.map(splitEntry).find(([name]) => name === type);
  return entry?.[1];
}

function splitEntry(entry: string): [type: string, form: string] {
  const colon = entry.indexOf(':');
  return [entry.slice(0, colon), entry.slice(colon + 1)];
}

/** What people may say of a type, for messages. */
export const usualForms: Readonly<Record<TextType, string>> = {
  integer: 'integer:0',
  decimal: 'decimal:scale',
  float: 'float:whole',
  boolean: 'boolean:true/false',
  date: 'date:yyyy-mm-dd',
  time: 'time:iso',
  timestamp: 'timestamp:iso',
  uuid: 'uuid:lower',
  binary: 'binary:utf8',
};
