import { mergeAssignments } from '../src/sandbox/merge-options.js';
import { parseSandboxOptions, SandboxOptionsError } from '../src/sandbox/options.js';
import { SuperviseError } from '../src/errors/supervise-error.js';
import type { SandboxCommand } from './command-line/command.js';
import { StopSignals } from './process/stop-signals.js';

/** `sandbox`: serves an embedded vault until it is told to stop; one line of JSON on stdout says where. */
export async function sandboxCommand(command: SandboxCommand): Promise<number> {
  const options = readOptions(command);
  const { runSandbox } = await import('../src/sandbox/run-sandbox.js');
  const signals = new StopSignals();
  // Started by `demo`: it must not outlive it.
  const orphaned = new AbortController();
  process.once('disconnect', () => orphaned.abort());
  try {
    await runSandbox({
      options,
      output: process.stdout,
      signal: AbortSignal.any([signals.stopping, orphaned.signal]),
    });
    return 0;
  } finally {
    signals.close();
  }
}

function readOptions({ port, tls, options }: SandboxCommand): ReturnType<typeof parseSandboxOptions> {
  try {
    return parseSandboxOptions(
      mergeAssignments(
        { port, tls },
        Object.entries(options).map(([key, value]) => `${key}=${value}`),
      ),
    );
  } catch (error) {
    if (error instanceof SandboxOptionsError) throw wrong(error.problems);
    throw error;
  }
}

function wrong(problems: readonly string[]): SuperviseError {
  return new SuperviseError(
    'usage',
    `wrong sandbox options:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    {
      hint: 'Options are written --option latency.fixedMs=200; docs/sandbox.md lists them.',
    },
  );
}
