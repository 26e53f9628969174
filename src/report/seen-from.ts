import type { RunSummary } from './summary-format.js';

/** `text` with the paths below `folder` as somebody who is there writes them: short, and still to be pasted there. */
export function pathsSeenFrom(folder: string, text: string): string {
  if (folder === '/') return text;
  // Not the same words within a longer path: `/data/` is no part of `/mnt/data/x`.
  const begins = new RegExp(`(?<![\\w./~-])${escaped(folder)}/`, 'g');
  return text.replaceAll(begins, '');
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** The places and commands of a summary for somebody in `folder`; a retry names its run, which stands for its log. */
export function summarySeenFrom(folder: string, summary: RunSummary): RunSummary {
  const {
    run_directory: run,
    merged_error_log: merged,
    resume_command: resume,
    retry_command: retry,
    load_command: load,
  } = summary;
  const seen = (text: string): string => pathsSeenFrom(folder, text);
  return {
    ...summary,
    run_directory: seen(run),
    ...(merged === undefined ? {} : { merged_error_log: seen(merged) }),
    ...(resume === undefined ? {} : { resume_command: seen(resume) }),
    ...(load === undefined ? {} : { load_command: seen(load) }),
    ...(retry === undefined
      ? {}
      : { retry_command: seen(merged === undefined ? retry : retry.replace(merged, run)) }),
  };
}
