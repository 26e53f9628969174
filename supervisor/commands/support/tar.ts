/** A file of an archive. */
export interface ArchivedFile {
  readonly name: string;
  readonly content: Buffer;
}

const blockBytes = 512;

/** Files in one, as `tar` reads them (ustar), each of mode 0600, owned by nobody. */
export function tarOf(files: readonly ArchivedFile[], modifiedAt: Date): Buffer {
  const parts = files.flatMap(({ name, content }) => [
    headOf(name, content.length, modifiedAt),
    content,
    Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function headOf(name: string, sizeBytes: number, modifiedAt: Date): Buffer {
  const head = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  head.write(name, 0, 100);
  head.write(octal(0o600, 7), 100);
  head.write(octal(0, 7), 108);
  head.write(octal(0, 7), 116);
  head.write(octal(sizeBytes, 11), 124);
  head.write(octal(Math.floor(modifiedAt.getTime() / 1_000), 11), 136);
  // The checksum counts as blanks while it is made.
  head.write('        ', 148);
  head.write('0ustar\0', 156);
  head.write('00', 263);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)} `, 148);
  return head;
}
