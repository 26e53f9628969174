import * as z from 'zod';
import { HEADER_MODES, namedDialects, usualDialect, type Dialect } from './dialect.js';
import { ODDITIES } from './oddities.js';
import { CSV_ENCODINGS } from './read-chunks.js';

const accept = z.array(z.enum(ODDITIES)).max(ODDITIES.length).readonly();
const encoding = z.enum(CSV_ENCODINGS);
type DialectName = keyof typeof namedDialects;
const names: readonly [DialectName, ...DialectName[]] = [
  'snowflake-unload',
  'mysql-outfile',
  'postgres-copy',
  'excel',
];

/** What is usual, in words: for the keys of the section. */
export const usualTexts = {
  dialect: 'none',
  delimiter: '`","`',
  quote: '`"\\""`',
  escape: '`"doubled"`',
  null_strings: '`[]`',
  skip_lines: '`0`',
  comment: 'none',
  header: '`"every"`',
  encoding: '`"utf8"`',
  accept: '`[]`',
} as const;

/** The keys that say how files are written, for the section and for a vault; `usual` says what holds without them. */
export function formKeys(usual: (key: keyof typeof usualTexts) => string) {
  return {
    dialect: z
      .enum(names)
      .optional()
      .meta({
        description: 'The program that wrote the files: what it writes is usual then, key by key.',
        defaultText: usual('dialect'),
      }),
    delimiter: z
      .string()
      .regex(/^[^"\r\n]{1,16}$/u)
      .optional()
      .meta({
        description: 'What stands between two fields; `auto`: what gives the wanted headers.',
        allowed:
          'up to 16 characters without quotation marks and line breaks; `\\t`, `\\x01`, `\\u0001` as typed',
        defaultText: usual('delimiter'),
      }),
    quote: z
      .string()
      .regex(/^(?:none|[^\r\n\\])$/u)
      .optional()
      .meta({
        description: 'Character around fields that hold a delimiter or line break.',
        allowed: 'one character, or none',
        defaultText: usual('quote'),
      }),
    escape: z
      .enum(['doubled', 'backslash', 'none'])
      .optional()
      .meta({
        description: 'How a quote inside a field is written.',
        defaultText: usual('escape'),
      }),
    null_strings: z
      .array(z.string().min(1).max(64))
      .max(16)
      .readonly()
      .optional()
      .meta({
        description: 'Fields without quotes that stand for no value: the row is skipped and counted.',
        allowed: 'a list of texts, such as ["\\\\N", "NULL"]',
        defaultText: usual('null_strings'),
      }),
    skip_lines: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .meta({
        description: 'Lines above the header that are passed over.',
        defaultText: usual('skip_lines'),
      }),
    comment: z
      .string()
      .min(1)
      .max(16)
      .optional()
      .meta({
        description: 'Lines that begin so are passed over.',
        allowed: 'up to 16 characters',
        defaultText: usual('comment'),
      }),
    header: z
      .enum(HEADER_MODES)
      .optional()
      .meta({
        description:
          'Which parts begin with the headers: `every` one, the `first`, or `none`; then columns are named by their numbers, from `1`.',
        defaultText: usual('header'),
      }),
    encoding: encoding.optional().meta({
      description: 'Character encoding of the files; a byte order mark decides for its file.',
      defaultText: usual('encoding'),
    }),
    accept: accept.optional().meta({
      description:
        'Oddities in the files that are meant as data: a byte order mark or the header at a later row, NUL characters, cells of control characters only, a last row that counts the others.',
      allowed: `a list of ${ODDITIES.map((name) => `"${name}"`).join(', ')}`,
      defaultText: usual('accept'),
    }),
  };
}

type Form = z.output<z.ZodObject<ReturnType<typeof formKeys>>>;

/** How the files of a vault are written, with every default filled in: still keys of the configuration. */
export const resolvedForm = z.strictObject({
  dialect: z.enum(names).optional(),
  delimiter: z.string(),
  quote: z.string(),
  escape: z.enum(['doubled', 'backslash', 'none']),
  null_strings: z.array(z.string()).readonly(),
  skip_lines: z.int(),
  comment: z.string().optional(),
  header: z.enum(HEADER_MODES),
  encoding,
  accept,
});
type ResolvedForm = z.output<typeof resolvedForm>;

/** What is resolved when nobody says anything. */
export const usualForm: ResolvedForm = resolveForm({}, {});

/** A vault's own keys stand before its own dialect, that before the section's keys, those before its dialect. */
export function resolveForm(own: Form, section: Form): ResolvedForm {
  const {
    delimiter,
    quote = 'none',
    escape,
    nullStrings,
    skipLines,
    comment,
    header,
  }: Dialect = Object.assign({}, usualDialect, keysOf(section), keysOf(own));
  const dialect = own.dialect ?? section.dialect;
  return {
    ...(dialect === undefined ? {} : { dialect }),
    delimiter,
    quote,
    escape,
    null_strings: nullStrings,
    skip_lines: skipLines,
    ...(comment === undefined ? {} : { comment }),
    header,
    encoding: own.encoding ?? section.encoding ?? 'utf8',
    accept: own.accept ?? section.accept ?? [],
  };
}

/** The same for the reader. */
export function dialectOf(form: ResolvedForm): Dialect {
  const letters = form.dialect === undefined ? {} : namedDialects[form.dialect].letters;
  return { ...usualDialect, ...keysOf(form), letters: form.escape === 'backslash' ? letters : {} };
}

function keysOf(form: Form): Partial<Dialect> {
  const {
    delimiter,
    quote,
    escape,
    null_strings: nullStrings,
    skip_lines: skipLines,
    comment,
    header,
  } = form;
  return {
    ...(form.dialect === undefined ? {} : namedDialects[form.dialect]),
    ...(delimiter === undefined ? {} : { delimiter: asTyped(delimiter) }),
    ...(quote === undefined ? {} : { quote: quote === 'none' ? undefined : quote }),
    ...(escape === undefined ? {} : { escape }),
    ...(nullStrings === undefined ? {} : { nullStrings }),
    ...(skipLines === undefined ? {} : { skipLines }),
    ...(comment === undefined ? {} : { comment }),
    ...(header === undefined ? {} : { header }),
  };
}

/** `\t`, `\x01` and `\u0001` in a configuration file or variable mean the character. */
function asTyped(delimiter: string): string {
  return delimiter
    .replaceAll(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([0-7]{3}))/gi, (_, x?: string, u?: string, o?: string) =>
      String.fromCharCode(Number.parseInt(x ?? u ?? o ?? '0', o === undefined ? 16 : 8)),
    )
    .replaceAll('\\t', '\t');
}
