/** A chunk that was taken already, unless it is empty, and those that follow it. */
export async function* joinChunks(
  first: Buffer,
  rest: AsyncGenerator<Buffer, void, void>,
): AsyncGenerator<Buffer, void, void> {
  if (first.length > 0) yield first;
  yield* rest;
}
