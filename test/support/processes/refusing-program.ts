import { runCommand } from '../../../supervisor/command-line/run-command.js';

/**
 * The program again and again, for command lines that it refuses: each message on the channel is one run, in a folder
 * and with words of its own; what it wrote and its exit status go back.
 */
let written = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'] as const) {
  const stream = process[name];
  // Each run listens for errors of its streams, and is followed by others.
  stream.setMaxListeners(0);
  stream.write = (text: string | Uint8Array) => {
    written[name] += String(text);
    return true;
  };
}

async function runOnce({ argv, cwd }: { argv: string[]; cwd: string }): Promise<void> {
  written = { stdout: '', stderr: '' };
  process.chdir(cwd);
  process.argv = [...process.argv.slice(0, 2), ...argv];
  process.exitCode = undefined;
  await runCommand();
  process.send?.({ status: process.exitCode, signal: null, ...written });
}

process.on('message', (run: { argv: string[]; cwd: string }) => void runOnce(run));
