#!/usr/bin/env node
// First of all: SIGUSR1 would open Node's inspector, and with it the records in memory, to everybody on the machine.
process.on('SIGUSR1', () => undefined);
// Before anything else is loaded: the terminal's Ctrl-C reaches this process too, and only the supervisor answers it.
process.on('SIGINT', () => undefined);

const { runChild } = await import('./run-child.js');
await runChild();

export {};
