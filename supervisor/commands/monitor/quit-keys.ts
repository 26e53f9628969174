const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

/** Keys of a person who has seen enough. */
export interface QuitKeys {
  /** Gives the keyboard back as it was. */
  close(): void;
}

/**
 * Listens for `q`, Ctrl-C and Ctrl-D where stdin is a terminal; elsewhere for nothing. The keyboard tells single keys
 * until it is closed, so Ctrl-C comes as a key and not as a signal.
 */
export function listenForQuit(onQuit: (by: 'key' | 'interrupt') => void): QuitKeys {
  const { stdin } = process;
  if (!stdin.isTTY) return { close: () => undefined };
  const listen = (typed: Buffer): void => {
    const keys = typed.toString('latin1');
    if (keys.includes(CTRL_C)) onQuit('interrupt');
    else if (/q/i.test(keys) || keys.includes(CTRL_D)) onQuit('key');
  };
  stdin.setRawMode(true);
  stdin.on('data', listen);
  return {
    close: () => {
      stdin.off('data', listen);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
