import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import { detectTextStyle, type TextStyle } from '../../../src/report/text-style.js';
import { packageFolder } from '../../../src/product/product.js';
import { writeFileAtomically } from '../../../src/system/write-file.js';
import { askChoice } from '../../ask/ask-person.js';
import { askToProceed } from '../../ask/ask-to-proceed.js';
import { canAsk } from '../../ask/prompt.js';
import type { InitCommand } from './definition.js';
import { shellWord } from '../../command-line/shell-word.js';
import { askCredential } from './ask-credential.js';
import { askSource, askVaults, askVaultUrl } from './ask-vaults.js';
import { draftText, draftedSettings, type Draft } from './draft.js';
import { Interview, type QuestionTopic } from './interview.js';
import { writeForPeople } from '../../view/write-for-people.js';
import type { Settings } from '../../../src/config/configuration.js';
import { exitCodeOf } from '../check/check.js';
import { checkCredentials } from '../check/check-credential.js';
import { checkVaults } from '../check/check-vaults.js';
import { renderGroup, seenAt } from '../check/render-check.js';
import { StopSignals } from '../../process/stop-signals.js';

const schemaFile = join(packageFolder, 'config.schema.json');

const nothingWritten = () => new SuperviseError('interrupted', 'nothing was written');

/**
 * `init`: a first configuration by asking, tried on the vaults before it is saved. Nothing is written before the last
 * question is answered. Throws `usage` without a terminal, `interrupted` when it is declined.
 */
export async function initCommand({ config: { file }, force }: InitCommand): Promise<number> {
  const path = resolve(file);
  assertPlace(path);
  if (!canAsk()) {
    throw new SuperviseError('usage', 'init asks questions, and there is no terminal to ask them on', {
      hint: `By hand: cp ${shellWord(join(packageFolder, 'config.example.json'))} ${shellWord(file)}\nThen edit it; or set variables: skyflow-supervise help environment`,
    });
  }
  if (existsSync(path) && !force && !(await askToProceed(`${file} is there already. Overwrite it?`))) {
    throw nothingWritten();
  }
  const interview = new Interview();
  interview.say('Esc goes back to the question before; what was answered is kept.');
  const style = detectTextStyle({ env: process.env, isTerminal: true });
  let draft: Draft;
  for (;;) {
    const { given, secrets, canTry } = await interview.hold(() => askAll(interview, schemaReference(path)));
    draft = given;
    if (!canTry) {
      writeForPeople(process.stderr, 'The vaults were not tried.\n');
      break;
    }
    const failed = await tryVaults(draftedSettings(draft, secrets), style);
    if (failed.length === 0) break;
    const next = await askChoice('A load would fail like this. What now?', [
      { value: 'again', name: 'ask again for what failed; Enter keeps an answer' },
      { value: 'write', name: 'write it all the same' },
      { value: 'stop', name: 'write nothing' },
    ]);
    if (next === 'stop') throw nothingWritten();
    if (next === 'write') break;
    interview.askAgain(failed);
  }
  await save(path, draftText(draft));
  writeForPeople(process.stdout, nextSteps(file));
  return 0;
}

async function askAll(ask: Interview, $schema: string) {
  ask.about('url');
  const vaultUrl = await askVaultUrl(ask);
  ask.about('vaults');
  const named = await askVaults(ask);
  ask.about('source');
  const { section, vaults } = await askSource(named, ask);
  ask.about('credential');
  const { saved, secrets, canTry } = await askCredential(ask);
  const given: Draft = {
    $schema,
    ...section,
    skyflow: { vault_url: vaultUrl, ...saved, vaults },
    performance: { append_suffix: false },
  };
  return { given, secrets, canTry };
}

/** Where an editor finds the schema, from the file's folder. */
function schemaReference(path: string): string {
  const way = relative(dirname(path), schemaFile).replaceAll('\\', '/');
  return way.startsWith('.') ? way : `./${way}`;
}

/** Before the first question: nobody answers them all for nothing. */
function assertPlace(path: string): void {
  const folder = dirname(path);
  const refuse = (problem: string): SuperviseError =>
    new SuperviseError('usage', problem, { hint: 'Name another place with --config FILE.' });
  if (!existsSync(folder)) throw refuse(`there is no folder ${folder}`);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    throw refuse(`${path} is a folder, not a file`);
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw refuse(`nothing can be written to ${folder} (${systemCode(error) ?? 'unknown error'})`);
  }
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(path, text);
  } catch (error) {
    throw new SuperviseError('usage', `${path} cannot be written (${systemCode(error) ?? 'unknown error'})`, {
      hint: 'Name another place with --config FILE.',
      cause: error,
    });
  }
}

/** Init's last words: how a first load goes on. */
export function nextSteps(file: string): string {
  const flag = file === 'config.json' ? '' : ` --config ${shellWord(file)}`;
  return [
    `${file} is written.`,
    'Next:',
    `  skyflow-supervise check${flag}`,
    `  skyflow-supervise load${flag} --max-records 100   # a first try`,
    `  skyflow-supervise resume${flag} --max-records 0   # then the rest`,
    '',
  ].join('\n');
}

/** Tries credential and vaults as `check` does, and shows what was found. Gives what must be answered otherwise. */
async function tryVaults(settings: Settings, style: TextStyle): Promise<readonly QuestionTopic[]> {
  const signals = new StopSignals();
  const { stopping } = signals;
  try {
    const credentials = await checkCredentials(settings, stopping);
    const subject = { settings, vaults: settings.skyflow.vaults };
    const vaults = await checkVaults(subject, credentials.ready, stopping);
    const groups = [
      { group: 'Credential', findings: credentials.findings },
      { group: 'Vaults', findings: vaults },
    ];
    writeForPeople(
      process.stderr,
      `\n${groups.map((group) => renderGroup(group, style, seenAt(process.stderr))).join('')}`,
    );
    if (exitCodeOf(credentials.findings) !== 0) return ['credential'];
    const wrong = vaults.filter(({ status }) => status === 'bad');
    if (wrong.length === 0) return [];
    return wrong.every(({ about }) => about === 'credential')
      ? ['credential']
      : ['url', 'vaults', 'credential'];
  } catch (error) {
    if (stopping.aborted) throw new SuperviseError('interrupted', 'stopped; nothing was written');
    throw error;
  } finally {
    signals.close();
  }
}
