import {
  completedCommands,
  defaultCommand,
  valuedFlags,
  type CompletedFlag,
  type Values,
} from './completion-words.js';

/** The script for zsh: sourced, or as a file `_skyflow-supervise` of a folder in fpath. */
export function zshCompletion(program: string): string {
  const commands = completedCommands();
  const name = `_${program}`;
  const cases = commands.map(({ name: command, flags, operands }) => {
    const specs = flags.map(flagSpec);
    if (operands !== undefined)
      specs.push(`'*:${command === 'help' ? 'topic' : 'operand'}:${action(operands)}'`);
    return `    ${command})\n      _arguments : \\\n${specs.map((spec) => `        ${spec}`).join(' \\\n')}\n      ;;`;
  });
  const described = commands.map(({ name: command, summary }) => `    ${quoted(`${command}:${summary}`)}`);
  return `#compdef ${program}
# zsh completion of ${program}; load it with: source <(${program} completion zsh)
${name}() {
  local curcontext="$curcontext" command='' at
  local -a commands valued
  valued=(${valuedFlags(commands)
    .map((flag) => flag.name)
    .join(' ')})
  commands=(
${described.join('\n')}
  )
  for (( at = 2; at < CURRENT; at += 1 )); do
    if (( \${valued[(Ie)$words[at]]} )); then
      (( at += 1 ))
    elif (( \${commands[(I)\${(b)words[at]}:*]} )); then
      command="\${words[at]}"
      words[at]=()
      (( CURRENT -= 1 ))
      break
    fi
  done
  if [[ -z $command && $words[CURRENT] != -* ]] && (( ! \${valued[(Ie)$words[CURRENT-1]]} )); then
    _describe command commands
    return
  fi
  case "\${command:-${defaultCommand}}" in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program}
fi
`;
}

function flagSpec({ name, description, values }: CompletedFlag): string {
  const told = `${name}${values === undefined ? '' : '='}[${escaped(description)}]`;
  return quoted(values === undefined ? told : `${told}:value:${action(values)}`);
}

function action(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return `(${values.choices.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'text':
      return '()';
    default:
      return values satisfies never;
  }
}

const escaped = (text: string): string => text.replaceAll(/[\\[\]:]/g, String.raw`\$&`);
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
