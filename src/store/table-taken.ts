import { SuperviseError } from '../errors/supervise-error.js';

/** What keeps a run out of a table that another one has. */
export function tableTaken(vault: string, run: string): SuperviseError {
  return new SuperviseError('locked', `vault ${vault}: run ${run} has its table in this store`, {
    hint:
      `Wait for its end, or go on with it: \`resume ${run}\`. ` +
      `If nobody is at work on it any more and it is not to be gone on with: \`store forget ${run}\`.`,
  });
}
