import loadHashing from 'xxhash-wasm';

/** `id,id_token`, then `value N²,token N` for N from 0 to 299: as `zstd -19` packs it, with its checksum. */
export const packedByZstd = Buffer.from(
  'KLUv/WTUF7UjAFqH6A4WgEslB9jANwyMJmggl8iWFdQgsCKqA/QA3ADkALxcqPeOmfjr4evOvuHo0uYzPsy0IYS5JXj8CDJCho5FIeYz5pTBm1mskeqHlZ7QkUM4Lw4OQSQILQ0OlQhnCENnsrBKFKT3nkPHpRv8aW1LVCxka18N3w+6nZjHELLkuGwaI3VEkJdhcSxEhIqKd4ZcQ0oVOJlMiSR8p3JaBUMv0vVGqVBsHV/0nbF12LrxVMl7jLKJtgtxxxw+JyHkGpYt4qMxSm0xXyH9XGfYCYFnMB0sFLp0kOApZKfjWlHqN8esjLAPPQtlQnb+Yve4dts4Tdo3U4fXDhHWi7ObAAQQgAIMEAxocJCgwAEFCwQQMBCAgIH1/DHDu8Wk19KcN14oT7Lwsg2FI6tfBtnr0jJHlCITqqzMC8GQXQ1SVi042TSkZJKQ7yaS01UfQ3d5dOfFKJ1QYztHEKN7K7KrJ67bzKdO8vfYGN/EWn0hdoeZY35nEhNy1pjlYRH7OIyxsmGLzQtTTLp3brU3XCe8wJ3zzDmMTDihZeUcQhbcORm5znTjVnfipHbf5nWzlY+F7eOYN0tjsgkZ6+afi+0OHLdWuG1jcNqkcdc2s41Wewva282ag5toQm3VvNFCu6xRq6pNm6hJk6T903xe+eFX73sBLCdkwTlCFJROObmWMmTnk0CeMjHpoImQQktKOkwS5Blekh2+I9eZipQ6/Tg/dMZSQsP4UahHi10ZhXQ7+kEa4x1Sju3bjaO0GqW1FzeOjlgzGsR3WIuOsiIKxVb0vIZ4caVYjTpxqipRkvpv8mO+io/wXTPhz+uEfEJN9HM4RHwvQ/Crx7FvU4c+aY7PxiAxszYkwux+wzNfGjITstGZZSJi9mkEZ+UiNpsDQzOpjIetYkxYx4sQdsbCYQ5XSJjQioY5UBFh50+GdeRc2MpTYdKH92YZjldyGLzPBNqzSKB4QgYGBz+nfuasZiacF2d8eg4jp1BhejrqifMdGZ41ZXZu3NEprfPhKDEzbM8Jwzs4HvphI0MhNx1arInhRxoOS3nYcP4EDaVOeOA6IUxghyGEwDM4ONBhDhIotIQGOkhCBJ7SwMDOIyxwbQQFSme4OQfDmOUsBPPDBZuWoCCmkAo1fd9h3rtpth7PHDeWKTn4wo2CR1iLHYSvbAsdIhahUOIKPalDeKmmsJLwhJPCEkpCv5xET1nJHMpLs0tPZCmFkls65BLlqwvLWkZWbjSiUnKQB8cFmWBrSwjeszjoW0SCQoo0aAmVCH5YYQSCV6gSgFCJPX6/A/KXAxJIEOAfd9W2bdu2bdt227bttm3btm27bdu2bdu227bttm3btm3btm273bZt27Zt27bttm3bdtu2bdt227Zt27Zt223bbdu2bdu2bdt2227btuhsxWuiMZBIO0EQRIIgCIIgCIIgCAZBEARBEARBIAiCIAiCIAiCIAiCIAiCIBgEgyAIgiAIgiKOhuqAgQzVAwYyVM+ItZT28PDw8HBMw0zATDKjrZ4CoG0FmtS/EQ==',
  'base64',
);

/** The text in \`packedByZstd\`. */
export const packedText = [
  'id,id_token\n',
  ...Array.from({ length: 300 }, (_, row) => `value ${row * row},token ${row}\n`),
].join('');

interface FrameForm {
  readonly hasChecksum?: boolean;
  /** Says how long the content is. */
  readonly hasSize?: boolean;
  readonly blockBytes?: number;
  /** As the descriptor of the window has it. */
  readonly window?: number;
  readonly dictionary?: number;
}

const hashing = await loadHashing();

/** A frame that holds a text as it stands, in blocks; runs of one character as such. */
export function zstdFrame(text: string | Buffer, form: FrameForm = {}): Buffer {
  const { hasChecksum = true, hasSize = false, blockBytes = 1_000, window = 0x40, dictionary } = form;
  const content = Buffer.from(text);
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const bytes = content.subarray(at, at + blockBytes);
    const isLast = at + blockBytes >= content.length;
    const isRun = bytes.length > 1 && bytes.every((byte) => byte === bytes[0]);
    const header = Buffer.alloc(3);
    header.writeUIntLE((bytes.length << 3) | (isRun ? 2 : 0) | (isLast ? 1 : 0), 0, 3);
    blocks.push(header, isRun ? bytes.subarray(0, 1) : bytes);
  }
  const size = Buffer.alloc(hasSize ? 4 : 0);
  if (hasSize) size.writeUInt32LE(content.length);
  const checksum = Buffer.alloc(hasChecksum ? 4 : 0);
  if (hasChecksum) checksum.writeUInt32LE(Number(BigInt.asUintN(32, hashing.h64Raw(content))));
  const flags = (hasSize ? 0x80 : 0) | (hasChecksum ? 4 : 0) | (dictionary === undefined ? 0 : 1);
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, flags, window, ...(dictionary === undefined ? [] : [dictionary])]),
    size,
    ...blocks,
    checksum,
  ]);
}

/** A frame that decoders pass over. */
export function skippableFrame(bytes: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a53);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}
