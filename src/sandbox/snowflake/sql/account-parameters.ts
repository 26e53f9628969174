const withZone = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM';

/** How an account writes dates and times, by its parameters. */
const outputFormats = {
  DATE_OUTPUT_FORMAT: 'YYYY-MM-DD',
  TIME_OUTPUT_FORMAT: 'HH24:MI:SS',
  TIMESTAMP_OUTPUT_FORMAT: withZone,
  TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3',
  TIMESTAMP_LTZ_OUTPUT_FORMAT: '',
  TIMESTAMP_TZ_OUTPUT_FORMAT: '',
} as const;

/** The parameters that an account has, and their values where a session has no others. */
export const accountParameters = Object.entries({
  TIMEZONE: 'UTC',
  ...outputFormats,
  BINARY_OUTPUT_FORMAT: 'HEX',
  CLIENT_PREFETCH_THREADS: 4,
  CLIENT_RESULT_CHUNK_SIZE: 160,
  CLIENT_STAGE_ARRAY_BINDING_THRESHOLD: 65_280,
}).map(([name, value]) => ({ name, value }));

/** Whether a session wants any of them written otherwise, which only clients do for themselves. */
export function hasOtherFormats(parameters: ReadonlyMap<string, string>): boolean {
  return Object.entries(outputFormats).some(([name, usual]) => {
    const format = parameters.get(name) ?? usual;
    return format.toUpperCase() !== (usual || (format && withZone));
  });
}
