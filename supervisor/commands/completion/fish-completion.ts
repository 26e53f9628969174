import {
  completedCommands,
  defaultCommand,
  valuedFlags,
  type CompletedCommand,
  type Values,
} from './completion-words.js';

const functionName = '__skyflow_supervise';

/** The script for fish. */
export function fishCompletion(program: string): string {
  const commands = completedCommands();
  const names = commands.map(({ name }) => name).join(' ');
  const valued = valuedFlags(commands)
    .map(({ name }) => name)
    .join(' ');
  const isNone = `${functionName}_is ''`;
  const offered = commands.map(
    ({ name, summary }) => `complete -c ${program} -n "${isNone}" -a ${name} -d ${quoted(summary)}`,
  );
  const lines = commands.flatMap((command) => {
    const condition = `${functionName}_is ${command.name}${command.name === defaultCommand ? " ''" : ''}`;
    return linesOf(program, command, condition);
  });
  return [
    `# fish completion of ${program}; load it with: ${program} completion fish | source`,
    `function ${functionName}_command`,
    '  set -l words (commandline -opc)',
    '  set -e words[1]',
    '  set -l is_value no',
    '  for word in $words',
    '    if test $is_value = yes',
    '      set is_value no',
    `    else if contains -- $word ${valued}`,
    '      set is_value yes',
    `    else if contains -- $word ${names}`,
    '      echo $word',
    '      return',
    '    end',
    '  end',
    'end',
    `function ${functionName}_is`,
    `  set -l command (${functionName}_command)`,
    `  contains -- "$command" $argv`,
    'end',
    `complete -c ${program} -f`,
    ...offered,
    ...lines,
    '',
  ].join('\n');
}

function linesOf(program: string, { flags, operands }: CompletedCommand, condition: string): string[] {
  const start = `complete -c ${program} -n "${condition}"`;
  const lines = flags.map(
    ({ name, description, values }) =>
      `${start} -l ${name.slice(2)}${values === undefined ? '' : ` ${parameter(values)}`} -d ${quoted(description)}`,
  );
  return operands === undefined ? lines : [...lines, `${start} ${operandOffer(operands)}`];
}

function parameter(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return `-x -a '${values.choices.join(' ')}'`;
    case 'file':
      return '-r -F';
    case 'directory':
      return "-x -a '(__fish_complete_directories)'";
    case 'text':
      return '-x';
    default:
      return values satisfies never;
  }
}

function operandOffer(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return `-a '${values.choices.join(' ')}'`;
    case 'directory':
      return "-a '(__fish_complete_directories)'";
    case 'file':
    case 'text':
      return '-F';
    default:
      return values satisfies never;
  }
}

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
