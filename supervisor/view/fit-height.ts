/** A vault's line and what stands under it. */
export interface VaultBlock {
  readonly line: string;
  readonly message: readonly string[];
  readonly isFinished: boolean;
}

/**
 * The lines of all blocks, at most `maxLines`: first the messages of finished vaults are left out, then all
 * messages, then finished vaults, then the last ones; `more` writes how many vaults are not shown.
 */
export function fitHeight(
  blocks: readonly VaultBlock[],
  maxLines: number,
  more: (hidden: number) => string,
): string[] {
  const inFull = blocks.flatMap(({ line, message }) => [line, ...message]);
  if (inFull.length <= maxLines) return inFull;
  const urgent = blocks.flatMap(({ line, message, isFinished }) =>
    isFinished ? [line] : [line, ...message],
  );
  if (urgent.length <= maxLines) return urgent;
  if (blocks.length <= maxLines) return blocks.map(({ line }) => line);
  const room = Math.max(0, maxLines - 1);
  const byUrgency = [
    ...blocks.filter((block) => !block.isFinished),
    ...blocks.filter((block) => block.isFinished),
  ];
  const chosen = new Set(byUrgency.slice(0, room));
  const shown = blocks.filter((block) => chosen.has(block)).map(({ line }) => line);
  return [...shown, more(blocks.length - shown.length)].slice(0, Math.max(1, maxLines));
}
