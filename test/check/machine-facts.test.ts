import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { readMachineFacts } from '../../supervisor/commands/check/machine-facts.js';
import { Workspace } from '../support/workspace.js';

const gibibyte = 2 ** 30;

const rootsOf = (workspace: Workspace) => ({ proc: workspace.at('proc'), sys: workspace.at('sys') });

/** A root directory with these files, instead of the machine's own /proc and /sys. */
async function machineOf(workspace: Workspace, files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(workspace.at(path)), { recursive: true });
    await writeFile(workspace.at(path), text);
  }
  return readMachineFacts(rootsOf(workspace));
}

const meminfo = 'MemTotal:       16777216 kB\nMemAvailable:    8388608 kB\nSwapTotal:       1048576 kB\n';
const limits = [
  'Limit                     Soft Limit           Hard Limit           Units     ',
  'Max core file size        unlimited            unlimited            bytes     ',
  'Max open files            1024                 524288               files     ',
].join('\n');

test('limits, swap and core pattern are read as Linux tells them', async () => {
  await using workspace = await Workspace.create();
  const facts = await machineOf(workspace, {
    'proc/self/limits': limits,
    'proc/meminfo': meminfo,
    'proc/sys/kernel/core_pattern': '|/usr/lib/systemd/systemd-coredump %P\n',
  });
  assert.deepEqual(facts, {
    openFiles: 1024,
    coreBytes: Infinity,
    corePattern: '|/usr/lib/systemd/systemd-coredump %P',
    swapBytes: gibibyte,
    memory: { freeBytes: 8 * gibibyte, bound: 'machine' },
  });
});

test('the tightest control group of version 2 on the way to the root bounds the memory, caches given back', async () => {
  await using workspace = await Workspace.create();
  const { memory } = await machineOf(workspace, {
    'proc/meminfo': meminfo,
    'proc/self/cgroup': '0::/system.slice/load.service\n',
    'sys/fs/cgroup/system.slice/memory.max': String(4 * gibibyte),
    'sys/fs/cgroup/system.slice/memory.current': String(3 * gibibyte),
    'sys/fs/cgroup/system.slice/memory.stat': `anon 1\ninactive_file ${gibibyte}\nactive_file 7\n`,
    'sys/fs/cgroup/system.slice/load.service/memory.max': 'max\n',
    'sys/fs/cgroup/system.slice/load.service/memory.current': '1000\n',
  });
  assert.deepEqual(memory, { freeBytes: 2 * gibibyte, bound: 'cgroup' });
});

test('in a container whose path is the host’s, the mount of version 1 itself is the group', async () => {
  await using workspace = await Workspace.create();
  const { memory } = await machineOf(workspace, {
    'proc/meminfo': meminfo,
    'proc/self/cgroup': '9:name=systemd:/docker/abc\n4:memory:/docker/abc\n0::/\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': String(gibibyte),
    'sys/fs/cgroup/memory/memory.usage_in_bytes': String(gibibyte / 2),
    'sys/fs/cgroup/memory/memory.stat': 'total_inactive_file 1024\n',
  });
  assert.deepEqual(memory, { freeBytes: gibibyte / 2 + 1024, bound: 'cgroup' });
});

test('a limit beyond any memory is none, and a system without these files says nothing', async () => {
  await using workspace = await Workspace.create();
  const { memory } = await machineOf(workspace, {
    'proc/meminfo': meminfo,
    'proc/self/cgroup': '4:memory:/\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    'sys/fs/cgroup/memory/memory.usage_in_bytes': '1000',
  });
  assert.deepEqual(memory, { freeBytes: 8 * gibibyte, bound: 'machine' });
  await using empty = await Workspace.create();
  const facts = await readMachineFacts(rootsOf(empty));
  assert.ok(Object.values(facts).every((fact) => fact === undefined));
});
