#!/usr/bin/env node
// Before anything else: the terminal's Ctrl-C reaches this process too, and only the supervisor answers it.
process.on('SIGINT', () => undefined);

const { runChild } = await import('./run-child.js');
await runChild();

export {};
