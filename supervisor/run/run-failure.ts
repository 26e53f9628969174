/** What went wrong after a run had begun: children may have sent records, so it is no longer "nothing was started". */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';

  constructor(cause: unknown) {
    super('the run could not be brought to its end', { cause });
  }
}
