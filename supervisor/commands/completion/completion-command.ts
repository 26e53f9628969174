import type { CompletionCommand } from './definition.js';

/**
 * The scripts know nothing: they ask `__complete` at every press of the key, of the program that is being typed. So what
 * is offered is always what that program takes, and can be what stands in a configuration or a run directory.
 */
const scripts = {
  bash: `# bash completion of skyflow-supervise; load it with: source <(skyflow-supervise completion bash)
_skyflow_supervise() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}" answer
  [[ $cur == = ]] && cur=''
  answer=( $("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
  COMPREPLY=()
  case "\${answer[0]}" in
  words) COMPREPLY=( "\${answer[@]:1}" ); COMPREPLY=( "\${COMPREPLY[@]%%$'\\t'*}" ) ;;
  files) compopt -o filenames 2>/dev/null; COMPREPLY=( $(compgen -f -- "$cur") ) ;;
  directories) compopt -o filenames 2>/dev/null; COMPREPLY=( $(compgen -d -- "$cur") ) ;;
  esac
}
complete -F _skyflow_supervise skyflow-supervise
`,
  zsh: `#compdef skyflow-supervise
# zsh completion of skyflow-supervise; load it with: source <(skyflow-supervise completion zsh)
_skyflow-supervise() {
  local -a answer
  answer=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case "\${answer[1]}" in
  words) shift answer; answer=("\${(@)answer//:/\\\\:}"); answer=("\${(@)answer/$'\\t'/:}"); _describe word answer ;;
  files) compset -P '*='; _files ;;
  directories) compset -P '*='; _files -/ ;;
  esac
}
if [[ $funcstack[1] == _skyflow-supervise ]]; then
  _skyflow-supervise "$@"
else
  compdef _skyflow-supervise skyflow-supervise
fi
`,
  fish: `# fish completion of skyflow-supervise; load it with: skyflow-supervise completion fish | source
function __skyflow_supervise
  set -l words (commandline -opc)
  set -l last (commandline -ct)
  set -l answer ($words[1] __complete -- $words[2..] "$last" 2>/dev/null)
  switch "$answer[1]"
    case words
      printf '%s\\n' $answer[2..]
    case files
      __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$last")
    case directories
      __fish_complete_directories (string replace -r '^--[^=]*=' '' -- "$last")
  end
end
complete -c skyflow-supervise -f -a '(__skyflow_supervise)'
`,
} as const;

/** `completion SHELL`: prints the script of a shell. */
export function completionCommand({ shell }: CompletionCommand): number {
  process.stdout.write(scripts[shell]);
  return 0;
}
