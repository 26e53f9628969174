import { Transform } from 'node:stream';

/** A decoder of node:zlib. */
export type Decoder = Transform & { readonly bytesWritten: number };

/** Whether something is one. */
export function isDecoder(made: unknown): made is Decoder {
  return made instanceof Transform && 'bytesWritten' in made;
}

/** What comes out for some input, until all of it is taken or the decoder is at its end. */
export function decode(decoder: Decoder, input: Buffer): AsyncGenerator<Buffer, void, void> {
  return drain(decoder, (taken) => decoder.write(input, taken));
}

/** What comes out when nothing more comes in. Only the decoder's end or failure says that it is over. */
export function finish(decoder: Decoder): AsyncGenerator<Buffer, void, void> {
  return drain(decoder, () => decoder.end());
}

/** Reads while a step of the decoder is under way: it goes no further than what is read of it. */
async function* drain(
  decoder: Decoder,
  begin: (onTaken: (error?: Error | null) => void) => void,
): AsyncGenerator<Buffer, void, void> {
  const step: { isTaken: boolean; error: Error | undefined; wake: () => void } = {
    isTaken: false,
    error: undefined,
    wake: () => undefined,
  };
  const onEvent = (): void => step.wake();
  const onError = (error: Error): void => {
    step.error = error;
    step.wake();
  };
  decoder.on('readable', onEvent).on('end', onEvent).on('error', onError);
  begin((error) => {
    step.isTaken = true;
    step.error ??= error ?? undefined;
    step.wake();
  });
  try {
    for (;;) {
      const output: unknown = decoder.read();
      if (Buffer.isBuffer(output)) yield output;
      else if (step.error !== undefined) throw step.error;
      else if (decoder.readableEnded || (step.isTaken && decoder.readableLength === 0)) return;
      else await new Promise<void>((resolve) => (step.wake = resolve));
      step.wake = () => undefined;
    }
  } finally {
    decoder.off('readable', onEvent).off('end', onEvent).off('error', onError);
  }
}
