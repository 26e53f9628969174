import { askText, askSecret } from './ask-person.js';
import { canAsk } from './prompt.js';

/**
 * Whoever answers questions before a run begins. An empty answer is undefined; a question that is declined throws
 * `interrupted`.
 */
export interface Asker {
  readonly canAsk: () => boolean;
  readonly secret: (question: string) => Promise<string | undefined>;
  readonly text: (question: string) => Promise<string | undefined>;
}

/** The person at this process' terminal. */
export const terminalAsker: Asker = {
  canAsk,
  secret: askSecret,
  text: async (question) => {
    const answer = await askText({ question });
    return answer === '' ? undefined : answer;
  },
};
