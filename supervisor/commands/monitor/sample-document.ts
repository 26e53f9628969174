import { productVersion } from '../../../src/product/product.js';
import { amountOf } from '../../../src/figures/figure.js';
import { percentileMs } from '../../../src/figures/latency-histogram.js';
import { NOTHING_YET } from '../../../src/figures/snapshot.js';
import type { RunStatus } from '../../observers/status-format.js';
import type { MachineLoad, ProcessLoad } from './machine-load.js';
import type { Sample } from './sample.js';

/** A sample for programs: `monitor --json`. What is not known is null. */
export function sampleDocument({ run, machine, processes, instance, limits }: Sample): object {
  return {
    format_version: 1,
    program_version: productVersion,
    run_id: run.directory.runId,
    run_directory: run.directory.path,
    state: run.state,
    status: run.summary?.status ?? null,
    exit_code: run.summary?.exit_code ?? null,
    updated_at: run.status?.updated_at ?? null,
    pid: run.status?.pid ?? null,
    vaults: (run.status?.vaults ?? []).map(vaultDocument),
    ...(run.status?.machines === undefined ? {} : { machines: run.status.machines }),
    machine: machineDocument(machine),
    processes: processes.map(processDocument),
    instance: instance ?? null,
    limits: limits.map(({ kind, level, vault, text }) => ({ kind, level, vault: vault ?? null, text })),
  };
}

function vaultDocument({
  name,
  pid,
  phase,
  status,
  message,
  restarts,
  snapshot,
}: RunStatus['vaults'][number]) {
  const { latency, ...figures } = snapshot ?? NOTHING_YET;
  return {
    name,
    pid,
    phase,
    status: status ?? null,
    ...(message === undefined ? {} : { message }),
    restarts,
    ...figures,
    skipped: amountOf(figures.skipped_by_reason),
    workers_allowed: figures.workers.allowed,
    workers_configured: figures.workers.configured,
    latency_ms: {
      p50: percentileMs(latency, 50),
      p95: percentileMs(latency, 95),
      p99: percentileMs(latency, 99),
    },
  };
}

function machineDocument({ memory, networkPerSecond, diskPerSecond, disk, ...cpu }: MachineLoad) {
  return {
    cores: cpu.cores,
    cpu_share: cpu.cpuShare ?? null,
    busiest_core_share: cpu.busiestCoreShare ?? null,
    memory_total_bytes: memory.totalBytes,
    memory_available_bytes: memory.availableBytes,
    network_received_bytes_per_second: networkPerSecond?.receivedBytes ?? null,
    network_sent_bytes_per_second: networkPerSecond?.sentBytes ?? null,
    disk_read_bytes_per_second: diskPerSecond?.readBytes ?? null,
    disk_written_bytes_per_second: diskPerSecond?.writtenBytes ?? null,
    disk_total_bytes: disk?.totalBytes ?? null,
    disk_free_bytes: disk?.freeBytes ?? null,
  };
}

function processDocument(process: ProcessLoad) {
  return {
    role: process.vault === undefined ? 'supervisor' : 'vault',
    vault: process.vault ?? null,
    pid: process.pid,
    cpu_share: process.cpuShare ?? null,
    main_thread_share: process.mainThreadShare ?? null,
    rss_bytes: process.rssBytes,
    threads: process.threads,
    connections: process.connections ?? null,
    open_files: process.openFiles ?? null,
    open_files_limit: process.openFilesLimit ?? null,
  };
}
