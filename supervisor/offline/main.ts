import { runDetached } from './run-detached.js';

await runDetached();
