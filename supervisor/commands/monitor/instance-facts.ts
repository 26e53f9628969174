import { readdir, readFile, readlink } from 'node:fs/promises';
import { arch, cpus, totalmem } from 'node:os';
import { basename } from 'node:path';
import * as z from 'zod';
import { SYSTEM_ROOTS, type SystemRoots } from '../../../src/system/proc.js';

/** The instance of EC2 that this runs on; null where it is not told. */
export interface InstanceFacts {
  readonly instance_type: string | null;
  readonly availability_zone: string | null;
  readonly architecture: string;
  readonly cores: number;
  readonly memory_bytes: number;
  /** Of the first network card, in megabits per second, where its driver tells. ENA often does not. */
  readonly network_mbps: number | null;
  /** Whether that card is an Elastic Network Adapter. */
  readonly ena: boolean;
}

/** The address of the metadata service, the same on every instance. */
export const METADATA_URL = 'http://169.254.169.254';
const askMs = 500;

const documentSchema = z.object({
  instanceType: z.string().optional(),
  availabilityZone: z.string().optional(),
  architecture: z.string().optional(),
});

/**
 * Facts of the EC2 instance, asked of its metadata service (IMDSv2), at most a second long. Undefined, and nobody is
 * asked, on a machine whose firmware does not say that it is one. Never throws.
 */
export async function readInstance(
  options: { readonly roots?: SystemRoots; readonly metadataUrl?: string; readonly timeoutMs?: number } = {},
): Promise<InstanceFacts | undefined> {
  const { roots = SYSTEM_ROOTS, metadataUrl = METADATA_URL, timeoutMs = askMs } = options;
  if (!(await isInstance(roots))) return undefined;
  const [document, card] = await Promise.all([askDocument(metadataUrl, timeoutMs), readCard(roots)]);
  return {
    instance_type: document?.instanceType ?? null,
    availability_zone: document?.availabilityZone ?? null,
    architecture: document?.architecture ?? arch(),
    cores: cpus().length,
    memory_bytes: totalmem(),
    network_mbps: card?.mbps ?? null,
    ena: card?.driver === 'ena',
  };
}

/** By the vendor that the firmware names (Nitro), or by the hypervisor's id (Xen). */
async function isInstance({ sys }: SystemRoots): Promise<boolean> {
  const read = (file: string): Promise<string> => readFile(`${sys}/${file}`, 'utf8').catch(() => '');
  if (/amazon ec2/i.test(await read('class/dmi/id/sys_vendor'))) return true;
  return /^ec2/i.test(await read('hypervisor/uuid'));
}

async function askDocument(
  url: string,
  timeoutMs: number,
): Promise<z.infer<typeof documentSchema> | undefined> {
  const ask = (path: string, init: RequestInit): Promise<Response> =>
    fetch(new URL(path, url), { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  try {
    const session = await ask('/latest/api/token', {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
    });
    if (!session.ok) return undefined;
    const answer = await ask('/latest/dynamic/instance-identity/document', {
      headers: { 'x-aws-ec2-metadata-token': await session.text() },
    });
    return answer.ok ? documentSchema.parse(await answer.json()) : undefined;
  } catch {
    return undefined;
  }
}

/** The first network card that is a device and not made up by software. */
async function readCard({ sys }: SystemRoots): Promise<{ driver: string; mbps: number | null } | undefined> {
  const names = await readdir(`${sys}/class/net`).catch(() => []);
  for (const name of names.sort()) {
    const folder = `${sys}/class/net/${name}`;
    const driver = await readlink(`${folder}/device/driver`).catch(() => undefined);
    if (driver === undefined) continue;
    const mbps = Number(await readFile(`${folder}/speed`, 'utf8').catch(() => ''));
    return { driver: basename(driver), mbps: mbps > 0 ? mbps : null };
  }
  return undefined;
}
