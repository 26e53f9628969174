// Prints the SBOM (CycloneDX) of what runs, bundled or installed, from lock file and build alone, without a network.
import process from 'node:process';
import { npmOverWhatRuns } from './what-runs.js';

process.exitCode = npmOverWhatRuns([
  'sbom',
  '--package-lock-only',
  '--offline',
  '--sbom-format=cyclonedx',
  '--sbom-type=application',
]);
