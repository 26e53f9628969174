import * as z from 'zod';
import type { TestSandbox } from '../support/sandbox.js';

const trafficSchema = z.object({
  requests: z.int(),
  requests_by_route: z.record(z.string(), z.record(z.string(), z.int())),
  requests_by_http_version: z.object({ '1.1': z.int(), '2': z.int() }),
  connections_opened: z.int(),
});

/** What the sandbox counted of requests and connections. */
export async function trafficOf(sandbox: TestSandbox): Promise<z.infer<typeof trafficSchema>> {
  return trafficSchema.parse(await sandbox.stats());
}
