import type { VaultStatus } from '../protocol/messages.js';
import { symbolsOf, type TextStyle, type Tone } from './text-style.js';

const TONES: Readonly<Record<VaultStatus, Tone>> = {
  complete: 'good',
  failures: 'warn',
  limited: 'warn',
  interrupted: 'warn',
  incomplete: 'bad',
  not_started: 'bad',
};

export function toneOf(status: VaultStatus): Tone {
  return TONES[status];
}

export function symbolFor(status: VaultStatus, style: TextStyle): string {
  const symbols = symbolsOf(style);
  const tone = TONES[status];
  return tone === 'good' ? symbols.good : tone === 'bad' ? symbols.bad : symbols.warn;
}
