import * as z from 'zod';
import { openPrivate } from '../../src/trust/open-private.js';
import { finestMs } from './timeline.js';
import { timelineSampleSchema, type TimelineSample } from './timeline-sample.js';

const headSchema = z.object({
  format_version: z.literal(1),
  run_id: z.string(),
  /** What a sample stands for. */
  interval_ms: z.int().positive(),
});

/** What stands in a timeline; nothing where there is none, or none of ours. */
export interface TimelineReading {
  readonly intervalMs: number;
  readonly samples: readonly TimelineSample[];
}

const nothing: TimelineReading = { intervalMs: finestMs, samples: [] };
/** Ours never come near it. */
const mostBytes = 64 << 20;

/** The first line of a timeline. */
export function headLine(runId: string, intervalMs: number): string {
  return JSON.stringify({
    format_version: 1,
    run_id: runId,
    interval_ms: intervalMs,
  } satisfies z.infer<typeof headSchema>);
}

/** Never throws: a picture that cannot be drawn is no reason for anything. Lines that are torn are passed over. */
export async function readTimeline(file: string): Promise<TimelineReading> {
  try {
    const handle = await openPrivate(file, 'r');
    try {
      if ((await handle.stat()).size > mostBytes) return nothing;
      return parseTimeline(await handle.readFile('utf8'));
    } finally {
      await handle.close();
    }
  } catch {
    return nothing;
  }
}

function parseTimeline(text: string): TimelineReading {
  const [first = '', ...lines] = text.split('\n');
  const head = headSchema.parse(JSON.parse(first));
  const samples = lines.flatMap((line) => {
    try {
      return [timelineSampleSchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
  return { intervalMs: head.interval_ms, samples };
}
