#!/usr/bin/env node
// First of all: SIGUSR1 would open Node's inspector, and with it this process' memory, to everybody on the machine.
process.on('SIGUSR1', () => undefined);
// The program takes a moment to load: until it can tell which words are secrets, none is shown in `ps`.
if (process.argv.some((word) => /^--?(token|sf-password|store)(=|$)/i.test(word)))
  process.title = 'skyflow-supervise';

// Only syntax that old Nodes know, and nothing imported before the check: they must get this far to be told.
const wanted = [20, 19] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  process.stderr.write(
    `skyflow-supervise needs Node ${wanted.join('.')} or newer; this is ${process.versions.node}\n`,
  );
  process.exitCode = 2;
} else {
  // With a few files fewer still not even these can be read, and Node would show where it stood.
  const unreadable = (error: unknown): string =>
    `error: this program cannot be read (${String(error)}); nothing was started\nRaise the limit of open files (ulimit -n, LimitNOFILE), or install it anew.\n`;
  const shortage = await import('./process/open-files.js').then(
    ({ describeShortage }) => describeShortage(),
    unreadable,
  );
  const program = shortage ?? (await import('./command-line/run-command.js').catch(unreadable));
  if (typeof program === 'string') {
    process.stderr.write(program);
    process.exitCode = 2;
  } else {
    await program.runCommand();
    program.endProcess();
  }
}

export {};
