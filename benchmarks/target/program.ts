import { fileURLToPath } from 'node:url';
import { singleSettings } from '../../src/config/catalogue.js';

/** The built `skyflow-supervise` of this checkout. */
export const measuredProgram = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];

/** This process' environment without anything that configures a load: a sandbox gets what the benchmark says. */
export function cleanEnvironment(): Record<string, string | undefined> {
  const configuring = new Set<string>([
    ...singleSettings.flatMap(({ variable }) => (variable === undefined ? [] : [variable])),
    ...proxyVariables.flatMap((name) => [name, name.toLowerCase()]),
    'NODE_OPTIONS',
  ]);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !configuring.has(name)));
}
