// Asks the registry for known weaknesses of what runs, bundled or installed.
import process from 'node:process';
import { npmOverWhatRuns } from './what-runs.js';

process.exitCode = npmOverWhatRuns(['audit', '--package-lock-only']);
