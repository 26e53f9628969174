const withZone = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM';

/** How an account writes dates and times, by its parameters. */
export const outputFormats = {
  DATE_OUTPUT_FORMAT: 'YYYY-MM-DD',
  TIME_OUTPUT_FORMAT: 'HH24:MI:SS',
  TIMESTAMP_OUTPUT_FORMAT: withZone,
  TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3',
  TIMESTAMP_LTZ_OUTPUT_FORMAT: '',
  TIMESTAMP_TZ_OUTPUT_FORMAT: '',
} as const;

/** Whether a session wants any of them written otherwise, which only clients do for themselves. */
export function hasOtherFormats(parameters: ReadonlyMap<string, string>): boolean {
  return Object.entries(outputFormats).some(([name, usual]) => {
    const format = parameters.get(name) ?? usual;
    return format.toUpperCase() !== (usual || (format && withZone));
  });
}
