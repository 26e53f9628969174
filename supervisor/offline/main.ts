// First of all, as in the other programs.
process.on('SIGUSR1', () => undefined);

const { runDetached } = await import('./run-detached.js');
await runDetached();

export {};
