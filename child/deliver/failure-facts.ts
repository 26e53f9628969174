import type { OutsideText } from '../../src/outside/outside-text.js';
import type { FailureFacts } from './part.js';

/** What is told of a failure: the words and the status of the record where it has its own. */
export function factsOf(
  answer: {
    readonly message?: string;
    readonly said?: OutsideText | undefined;
    readonly status: number | undefined;
    readonly requestId: string | undefined;
  },
  own: {
    readonly message?: string;
    readonly said?: OutsideText | undefined;
    readonly status?: number | undefined;
  } = {},
): Omit<FailureFacts, 'reason'> {
  return {
    message: own.message ?? answer.message ?? '',
    said: own.message === undefined ? answer.said : own.said,
    status: own.status ?? answer.status,
    requestId: answer.requestId,
  };
}
