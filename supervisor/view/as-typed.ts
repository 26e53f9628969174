/** What npx and the scripts of the checkout call themselves. */
const THROUGH_NPM = new Set(['npx', 'start', 'demo']);

/**
 * Commands of ours in `text` as they can be pasted where this one was typed: what was begun through npm is not in the
 * PATH, and npx finds it.
 */
export function asTyped(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (!THROUGH_NPM.has(env['npm_lifecycle_event'] ?? '')) return text;
  return text.replaceAll(/(?<!npx |[/@.])skyflow-supervise (?=-|[a-z])/g, 'npx $&');
}
