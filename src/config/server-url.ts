import { isLoopbackHost } from '../outside/loopback.js';

/** Whether a URL's host says this machine: `isLoopbackHost`. */
export function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}

/**
 * Why a text is not the URL of a server (https, or http towards this machine; no user name, path or query), in
 * words that never quote more than scheme and host; undefined when it is one.
 */
export function faultOfServerUrl(text: string): string | undefined {
  if (/[\s\p{Cc}]/u.test(text)) return 'a URL with a blank, a line break or a control character in it';
  if (!URL.canParse(text)) return `no URL, but a text of ${text.length} characters`;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `a URL of another scheme than https`;
  if (url.username !== '' || url.password !== '') return 'a URL with a user name or password in it';
  if (url.search !== '' || text.includes('?')) return 'a URL with a query';
  if (url.hash !== '' || text.includes('#')) return 'a URL with a fragment';
  if (!/^\/*$/.test(url.pathname)) return 'a URL with a path';
  if (url.protocol === 'http:' && !isLoopbackUrl(text)) {
    return `http to ${url.host}, which would send records and token unencrypted`;
  }
  return undefined;
}

/** A server's URL without slashes at its end, so that paths can be appended. */
export function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
