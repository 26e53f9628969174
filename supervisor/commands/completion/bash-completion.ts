import {
  completedCommands,
  defaultCommand,
  valuedFlags,
  type CompletedFlag,
  type Values,
} from './completion-words.js';

/** The script for bash 3.2 and newer. */
export function bashCompletion(program: string): string {
  const commands = completedCommands();
  const name = `_${program.replaceAll('-', '_')}`;
  const valued = valuedFlags(commands);
  const flagsOf = commands.map(
    ({ name: command, flags }) => `    ${command}) flags='${flags.map((flag) => flag.name).join(' ')}' ;;`,
  );
  const operandsOf = commands.flatMap(({ name: command, operands }) =>
    operands === undefined ? [] : [`    ${command}) ${offer(operands)} ;;`],
  );
  const values = [...groupByOffer(valued)].map(([offered, names]) => `    ${names.join('|')}) ${offered} ;;`);
  return `# bash completion of ${program}; load it with: source <(${program} completion bash)
${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local IFS=$'\\n' word command='' skip='' flags='' at
  # bash takes --flag=value for three words.
  if [[ $cur == = ]]; then cur=''
  elif [[ $prev == = ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for (( at = 1; at < COMP_CWORD; at += 1 )); do
    word="\${COMP_WORDS[at]}"
    if [[ -n $skip ]]; then skip=''; continue; fi
    case "$word" in
    ${valued.map((flag) => flag.name).join('|')}) [[ \${COMP_WORDS[at+1]} == = ]] || skip=yes ;;
    ${commands.map((command) => command.name).join('|')}) command="$word"; break ;;
    esac
  done
  COMPREPLY=()
  case "$prev" in
${values.join('\n')}
  esac
  case "\${command:-${defaultCommand}}" in
${flagsOf.join('\n')}
  esac
  if [[ $cur == -* ]]; then ${name}_words "$flags"; return; fi
  if [[ -z $command ]]; then ${name}_words '${commands.map((command) => command.name).join(' ')}'; return; fi
  case "$command" in
${operandsOf.join('\n')}
  esac
}
${name}_words() {
  local IFS=$' \\n'
  COMPREPLY=( $(compgen -W "$1" -- "$cur") )
}
${name}_files() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=( $(compgen "$1" -- "$cur") )
}
complete -F ${name} ${program}
`.replaceAll('FUNCTION', name);
}

function offer(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return `FUNCTION_words '${values.choices.join(' ')}'; return`;
    case 'file':
      return 'FUNCTION_files -f; return';
    case 'directory':
      return 'FUNCTION_files -d; return';
    case 'text':
      return 'return';
    default:
      return values satisfies never;
  }
}

function groupByOffer(flags: readonly CompletedFlag[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, values } of flags) {
    if (values === undefined) continue;
    const offered = offer(values);
    groups.set(offered, [...(groups.get(offered) ?? []), name]);
  }
  return groups;
}
