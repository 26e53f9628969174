import { singleSettings } from '../../../src/config/catalogue.js';

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/**
 * Takes every variable that configures a load, or a way into the network, out of this process: a demo reaches nothing
 * but its own sandbox, whatever the environment is set up for.
 */
export function forgetConfiguration(): void {
  const variables = singleSettings.flatMap(({ variable }) => (variable === undefined ? [] : [variable]));
  for (const name of [...variables, ...proxyVariables.flatMap((each) => [each, each.toLowerCase()])]) {
    Reflect.deleteProperty(process.env, name);
  }
}
