import * as z from 'zod';

/** How a Flow vault (`/v2`) behaves, above all where nothing public says it: the likelier way is the default. */
export const flowShape = {
  flow: z
    .strictObject({
      tokens: z
        .enum(['either', 'value', 'list', 'ignore', 'refuse'])
        .default('either')
        .describe(
          'Tokens that an insert brings along: taken as {"column":"token"} (value), as {"column":[{"token","tokenGroupName"}]} (list) or in either form; ignored, so that the vault makes its own; or refused.',
        ),
      tokenGroups: z
        .array(z.string().min(1))
        .min(1)
        .default(['deterministic_string'])
        .describe('Token groups of every column: a record gets a token in each of them.'),
      tokenize: z
        .enum(['take', 'ignore'])
        .default('take')
        .describe('Whether tokenize takes the token that is brought along, or makes its own.'),
      partialStatus: z
        .union([z.literal(200), z.literal(207), z.literal(400)])
        .default(200)
        .describe('HTTP status of an answer of which some records were refused.'),
      errorForm: z
        .enum(['envelope', 'bare', 'text'])
        .default('envelope')
        .describe(
          'Refusals as a whole: {"error":{…}} as on /v1, {"code","message","details"}, or {"error":"text"}.',
        ),
      codeKey: z
        .enum(['httpCode', 'http_code', 'statusCode'])
        .default('httpCode')
        .describe('What the status of one record is called.'),
      missing: z
        .enum(['entry', 'absent', 'refuse'])
        .default('entry')
        .describe(
          'A record that a get or delete names and that is not there: an entry with an error, no entry, or 404 as a whole.',
        ),
      defaultRedaction: z
        .string()
        .default('plain_text')
        .describe('How detokenize shows values where a request says no redaction of their token group.'),
      answersData: z.boolean().default(true).describe('Whether the answer to an insert repeats the values.'),
    })
    .prefault({})
    .describe('The routes of Flow vaults, below /v2.'),
} as const;
