const REDACTED = '[redacted]';
/** Shorter than this, a secret is only taken out as a whole word, so that messages stay readable. */
const SUBSTRING_LENGTH = 4;
/** A secret at least this long is also found when only its beginning is quoted. */
const PREFIX_LENGTH = 8;
/** Longer texts are cut: this runs for messages only. */
const LONGEST_TEXT = 16_384;

/**
 * A function that replaces every credential in a text by `[redacted]`: as it stands, in any case of letters, without
 * the spaces around it, JSON-escaped, percent-encoded, in base64 and in hexadecimal. Pure; the forms are made at the
 * first call. It is for credentials: records are kept out of messages by not passing on what others say.
 */
export function createScrubber(credentials: readonly string[]): (text: string) => string {
  let forms: readonly string[] | undefined;
  return (text) => {
    forms ??= confidentialForms(credentials);
    return scrub(text, forms);
  };
}

function confidentialForms(credentials: readonly string[]): readonly string[] {
  const forms = new Set<string>();
  for (const secret of credentials) {
    const trimmed = secret.trim();
    if (trimmed === '') continue;
    const all = [trimmed, ...jsonForms(trimmed), ...percentForms(trimmed), ...byteForms(trimmed)];
    for (const form of all) forms.add(foldCase(form));
  }
  return [...forms];
}

function byteForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex')];
}

function jsonForms(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const asciiOnly = escaped.replace(/[^\x20-\x7e]/g, unicodeEscape);
  return [
    escaped,
    asciiOnly,
    asciiOnly.replace(/[<>&]/g, unicodeEscape),
    JSON.stringify(escaped).slice(1, -1),
  ];
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function percentForms(secret: string): string[] {
  // encodeURIComponent throws on lone surrogates; as bytes they are U+FFFD.
  const wellFormed = Buffer.from(secret).toString();
  const encoded = encodeURIComponent(wellFormed);
  return [encoded, encoded.replaceAll('%20', '+'), encodeURI(wellFormed)];
}

/** Lower case, with every character at its place: a character whose lower case is longer stays as it is. */
function foldCase(text: string): string {
  const folded = text.toLowerCase();
  if (folded.length === text.length) return folded;
  return Array.from(text, (character) => {
    const lower = character.toLowerCase();
    return lower.length === character.length ? lower : character;
  }).join('');
}

function scrub(text: string, forms: readonly string[]): string {
  const examined = foldCase(text.slice(0, LONGEST_TEXT));
  const hidden = new Uint8Array(examined.length);
  let longest = 0;
  for (const form of forms) {
    longest = Math.max(longest, form.length);
    hide(examined, form, hidden);
  }
  // A secret that the cut divides is not found: the end where one may begin goes too.
  const end = text.length > LONGEST_TEXT ? Math.max(0, examined.length - longest) : examined.length;
  let result = '';
  for (let at = 0; at < end;) {
    let next = at + 1;
    while (next < end && hidden[next] === hidden[at]) next += 1;
    result += hidden[at] === 1 ? REDACTED : text.slice(at, next);
    at = next;
  }
  return result;
}

function hide(text: string, form: string, hidden: Uint8Array): void {
  const needle = form.length > PREFIX_LENGTH ? form.slice(0, PREFIX_LENGTH) : form;
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
    let end = at + needle.length;
    for (let index = needle.length; index < form.length && text[end] === form[index]; index += 1) end += 1;
    if (form.length >= SUBSTRING_LENGTH || isWholeWord(text, at, end)) hidden.fill(1, at, end);
  }
}

function isWholeWord(text: string, start: number, end: number): boolean {
  return !isWordCharacter(text[start - 1]) && !isWordCharacter(text[end]);
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}
