import { parse } from 'csv-parse/sync';

/**
 * The fields of each record of a text, as csv-parse sees them; undefined when its quotes are broken. csv-parse's
 * own message quotes the text, so it goes no further than here.
 */
export function parseRecords(text: string, delimiter: string): string[][] | undefined {
  try {
    return parse(text, {
      delimiter,
      // Discovery would settle on the first line end it sees and corrupt a file that mixes them.
      record_delimiter: ['\r\n', '\n'],
      // Field counts are checked by the caller, who knows the line.
      relax_column_count: true,
    });
  } catch {
    return undefined;
  }
}

/** The fields of a text that is one record; undefined when it is not. */
export function parseRecord(text: string, delimiter: string): string[] | undefined {
  const records = parseRecords(text, delimiter);
  return records?.length === 1 ? records[0] : undefined;
}
