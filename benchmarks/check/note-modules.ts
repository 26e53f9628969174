import { register } from 'node:module';

/**
 * Preloaded (`--import`): writes the URL of each module that is loaded, a line each, into the file that stands behind
 * the `?` of its own URL.
 */
const hooks = `
  import { appendFileSync } from 'node:fs';
  let file;
  export const initialize = (data) => { file = data; };
  export const load = (url, context, next) => { appendFileSync(file, url + '\\n'); return next(url, context); };
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  data: decodeURIComponent(new URL(import.meta.url).search.slice(1)),
});
