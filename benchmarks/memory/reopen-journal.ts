import { openJournal } from './simulate-journal.js';

// A process of its own, as a resume is one: what it takes to know again what a run has come to.
const before = process.cpuUsage();
const ledger = await openJournal(process.argv[2] ?? '');
const { user, system } = process.cpuUsage(before);
const cpuMs = (user + system) / 1000;
const { rss } = process.memoryUsage();
process.send?.({ cpuMs, rssBytes: rss, settled: ledger.settled.size, inDoubt: ledger.inDoubt.size });
await ledger.close();
