import { otherFlags } from '../command-line/old-flags.js';
import { command, Program } from '../command-line/program.js';
import { calibrate } from './calibrate/definition.js';
import { check } from './check/definition.js';
import { clear } from './clear/definition.js';
import { complete, completion } from './completion/definition.js';
import { demo } from './demo/definition.js';
import { exportRuns } from './export/definition.js';
import { generate } from './generate/definition.js';
import { help, version } from './help/definition.js';
import { init } from './init/definition.js';
import { load } from './load/definition.js';
import { monitor } from './monitor/definition.js';
import { plan } from './plan/definition.js';
import { qualify } from './qualify/definition.js';
import { report } from './report/definition.js';
import { resume } from './resume/definition.js';
import { retry } from './retry/definition.js';
import { runs } from './runs/definition.js';
import { sandbox } from './sandbox/definition.js';
import { go, pace, pause } from './steer/definition.js';
import { stop } from './stop/definition.js';
import { support } from './support/definition.js';
import { undo } from './undo/definition.js';
import { store } from './store/definition.js';
import { verify } from './verify/definition.js';
import { hereOrOffline } from '../offline/here-or-offline.js';
import { work } from './work/definition.js';

/** The commands of this program, in the order of the help, with what runs them. The first one is meant when none is named. */
export const program = new Program(
  [
    command(load, async () => hereOrOffline((await import('./load/load-command.js')).anewCommand)),
    command(resume, async () => hereOrOffline((await import('./resume/resume-command.js')).resumeCommand)),
    command(retry, async () => (await import('./retry/retry-command.js')).retryCommand),
    command(monitor, async () => (await import('./monitor/monitor-command.js')).monitorCommand),
    command(stop, async () => (await import('./stop/stop-command.js')).stopCommand),
    command(pause, async () => (await import('./steer/steer-command.js')).pauseCommand),
    command(go, async () => (await import('./steer/steer-command.js')).goCommand),
    command(pace, async () => (await import('./steer/steer-command.js')).paceCommand),
    command(work, async () => (await import('./work/work-command.js')).workCommand),
    command(store, async () => (await import('./store/store-command.js')).storeCommand),
    command(exportRuns, async () => (await import('./export/export-command.js')).exportCommand),
    command(runs, async () => (await import('./runs/runs-command.js')).runsCommand),
    command(report, async () => (await import('./report/report-command.js')).reportCommand),
    command(check, async () => (await import('./check/check-command.js')).checkCommand),
    command(support, async () => (await import('./support/support-command.js')).supportCommand),
    command(plan, async () => (await import('./plan/plan-command.js')).planCommand),
    command(init, async () => (await import('./init/init-command.js')).initCommand),
    command(verify, async () => (await import('./verify/verify-command.js')).verifyCommand),
    command(generate, async () => (await import('./generate/generate-command.js')).generateCommand),
    command(demo, async () => (await import('./demo/demo-command.js')).demoCommand),
    command(sandbox, async () => (await import('./sandbox/sandbox-command.js')).sandboxCommand),
    command(completion, async () => (await import('./completion/completion-command.js')).completionCommand),
    command(complete, async () => (await import('./completion/complete-command.js')).completeCommand),
    command(undo, async () => (await import('./undo/undo-command.js')).undoCommand),
    command(clear, async () => (await import('./clear/clear-command.js')).clearCommand),
    command(calibrate, async () => (await import('./calibrate/calibrate-command.js')).calibrateCommand),
    command(qualify, async () => (await import('./qualify/qualify-command.js')).qualifyCommand),
    command(help, async () => (await import('./help/help-command.js')).helpCommand),
    command(version, async () => (await import('./help/help-command.js')).versionCommand),
  ],
  otherFlags,
);
