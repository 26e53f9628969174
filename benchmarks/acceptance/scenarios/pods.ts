import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Rig } from '../rig.js';
import { measuredProgram } from '../../target/program.js';
import { judgeWhole, type Scenario } from '../scenario.js';

/** A random user without a name, in root's group, with the group of the pod's volume. */
const uid = 1_000_650_000;
const fsGroup = 1_000_650_001;
const laidOut = 'mount --bind "$0" "$0" && mount -o remount,ro,bind / && exec "$@"';

export const pods: Scenario = {
  name: 'pods',
  promise:
    'A pod with a random user, a volume of its group and a root that nobody can write to dies again and again: nothing is missing, doubled or held back.',
  usual: { records: 100_000, kills: 20 },
  whyNot: () => {
    if (process.geteuid?.() !== 0 || spawnSync('unshare', ['-m', 'setpriv', '--version']).status !== 0)
      return 'needs root, unshare(1) and setpriv(1), to be a pod';
    const { status } = spawnSync(process.execPath, [measuredProgram, '--version'], { uid, gid: 0, cwd: '/' });
    return status === 0 ? undefined : 'needs a checkout that every user may read, to be a pod';
  },
  async run({ records, kills }, stage) {
    await using rig = await Rig.open(stage, { sandbox: { latency: { fixedMs: 20 } } });
    await rig.write(0, records);
    // A volume with the data, which everybody may read.
    for (const folder of [rig.folder, rig.at('data')]) await chmod(folder, 0o755);
    for (const name of await readdir(rig.at('data'))) await chmod(rig.at('data', name), 0o644);
    const volume = rig.at('volume');
    await mkdir(volume);
    const config = await mountSecret(rig);
    const launcher = [
      ...['unshare', '-m', 'sh', '-c', laidOut, volume],
      ...['setpriv', '--reuid', `${uid}`, '--regid', '0', '--groups', `${fsGroup}`],
      ...['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'],
    ];
    const argv = [
      'load',
      '--start-or-resume',
      '--config',
      config,
      '--run-dir',
      join(volume, 'runs'),
      '--quiet',
    ];
    await rig.runKilled(
      async () => {
        await remount(volume);
        return argv;
      },
      {
        ...{ kills, stride: Math.floor(records / (kills + 2)), all: true, launcher },
        env: { HOME: '/', TMPDIR: '/tmp', XDG_STATE_HOME: join(volume, '.state') },
      },
    );
    const runs = (await readdir(join(volume, 'runs'))).filter((name) => /^\d{8}T/.test(name)).length;
    return await judgeWhole(
      rig,
      records,
      { kills },
      { runs: 'volume/runs', holds: { 'it was one run': runs === 1 } },
    );
  },
};

/** What kubelet does to a volume with `fsGroup` each time a pod gets it. */
async function remount(volume: string): Promise<void> {
  const entries = await readdir(volume, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => !one.isSymbolicLink())) {
    const path = join(entry.parentPath, entry.name);
    await chown(path, -1, fsGroup);
    await chmod(path, entry.isDirectory() ? 0o2770 : 0o660);
  }
  await chown(volume, 0, fsGroup);
  await chmod(volume, 0o2770);
}

/** The configuration as a secret that Kubernetes mounts: files in a folder of the time, and links of root to them. */
async function mountSecret(rig: Rig): Promise<string> {
  const secret = rig.at('secret');
  const ofNow = join(secret, '..2026_01_02');
  await mkdir(ofNow, { recursive: true });
  await chmod(secret, 0o1777);
  await writeFile(join(ofNow, 'config.json'), await rig.configuration());
  await chown(join(ofNow, 'config.json'), 0, fsGroup);
  await chmod(join(ofNow, 'config.json'), 0o440);
  await chmod(ofNow, 0o755);
  await symlink('..2026_01_02', join(secret, '..data'));
  await symlink('..data/config.json', join(secret, 'config.json'));
  return join(secret, 'config.json');
}
