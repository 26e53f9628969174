import type { LiveOptions } from './options.js';

const REDACTED = '*REDACTED*';
/** How much of a masked value stays readable. */
const MASK_SHOWS = 4;

/**
 * A value as a redaction shows it: PLAIN_TEXT itself, MASKED its last characters, REDACTED nothing of it. DEFAULT is
 * the column's own, which is an option. Any other name is one of a vault's policy, taken for a mask.
 */
export function redacted(value: unknown, redaction: string, options: LiveOptions): unknown {
  switch (redaction.toUpperCase()) {
    case 'PLAIN_TEXT':
      return value;
    case 'REDACTED':
      return REDACTED;
    case 'DEFAULT':
      return redacted(value, options.defaultRedaction, options);
    default: {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const hidden = Math.max(0, text.length - MASK_SHOWS);
      return 'X'.repeat(hidden) + text.slice(hidden);
    }
  }
}
