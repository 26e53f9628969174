// `node .ci/session-picture.js [FILE]`: the picture of the README, docs/session.svg, from a real session in a real terminal
// (script(1)): a load that is killed with -9, its resume, and the proof. A sandbox vault stands in for the real one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, URL } from 'node:url';
import { drawScreen, TerminalScreen } from './terminal-screen.js';

const columns = 96;
const target = process.argv[2] ?? fileURLToPath(new URL('../docs/session.svg', import.meta.url));
const program = fileURLToPath(new URL('../dist/supervisor/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'load-'));
const vaults = ['NAME', 'SSN'].map((name) => ({
  ...{ name, id: `v-${name.toLowerCase()}`, column: name.toLowerCase() },
}));

/** One command in the terminal; what it drew last of a live view is what stays. */
async function type(screen, words, { during } = {}) {
  screen.write(`\u001b[32m$\u001b[39m \u001b[1mskyflow-supervise ${words.join(' ')}\u001b[22m\r\n`);
  const command = `stty cols ${columns} rows 40; exec ${process.execPath} ${program} ${words.join(' ')}`;
  const terminal = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      XDG_STATE_HOME: folder,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  terminal.stdout.setEncoding('utf8').on('data', (text) => screen.write(text));
  const closed = once(terminal, 'close');
  if ((await during?.()) === 'killed') {
    await closed;
    screen.write('\r\u001b[?7h\u001b[31mKilled\u001b[39m\r\n');
  } else await closed;
  screen.write('\r\n');
}

/** What stands in status.json of the only run. */
function status() {
  try {
    const [run = ''] = readdirSync(join(folder, 'runs'));
    return JSON.parse(readFileSync(join(folder, 'runs', run, 'status.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

const sandbox = spawn(process.execPath, [
  program,
  'sandbox',
  '--port',
  '0',
  '--option',
  'latency.fixedMs=150',
]);
try {
  const [line] = await once(sandbox.stdout.setEncoding('utf8'), 'data');
  const { vault_url } = JSON.parse(line);
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({
      skyflow: { vault_url, bearer_token: 'sandbox', settle_ms: 500, vaults },
      performance: { append_suffix: false, max_records: 0, batch_size: 100, max_concurrency: 8 },
    }),
    { mode: 0o600 },
  );
  spawnSync(process.execPath, [program, 'generate', '25000'], { cwd: folder, stdio: 'inherit' });
  const screen = new TerminalScreen(columns);
  await type(screen, ['--all'], {
    during: async () => {
      for (;;) {
        await sleep(100);
        const now = status();
        const read = now?.vaults.reduce((sum, { snapshot }) => sum + (snapshot?.read ?? 0), 0) ?? 0;
        if (read < 26_000) continue;
        process.kill(now.pid, 'SIGKILL');
        return 'killed';
      }
    },
  });
  // Its children finish what is on its way and are gone.
  while (status()?.vaults.some(({ pid }) => pid !== null && isAlive(pid))) await sleep(100);
  await type(screen, ['resume']);
  await type(screen, ['verify', '--all']);
  writeFileSync(target, drawScreen(screen.lines, columns));
  process.stdout.write(`${target}\n`);
} finally {
  sandbox.kill();
  rmSync(folder, { recursive: true, force: true });
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
