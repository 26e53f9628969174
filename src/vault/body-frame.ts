import type { RecordColumns } from './record-columns.js';

/**
 * What stands around the cells in the body of a request: `head`, then `opening` value `middle` token `closing` for each
 * record with a comma between two, then `trailer`.
 */
export interface BodyFrame {
  readonly head: string;
  readonly opening: string;
  readonly middle: string;
  readonly closing: string;
  readonly trailer: string;
}

/** The body with the cells as they stand: whoever calls knows that they need no escapes, or has escaped them. */
export function frameText(frame: BodyFrame, { values, tokens }: RecordColumns): string {
  const { opening, middle } = frame;
  const following = followingOf(frame);
  let text = frame.head;
  for (let index = 0; index < values.length; index += 1) {
    text += `${index === 0 ? opening : following}${values[index] ?? ''}${middle}${tokens[index] ?? ''}`;
  }
  return text + frame.closing + frame.trailer;
}

/** What stands between a token and the next value. */
export function followingOf({ closing, opening }: BodyFrame): string {
  return `${closing},${opening}`;
}
