# The appearance of interactive bash, including shells that the participant starts.

PS1='\u@\h:\w\$ '
shopt -s checkwinsize
alias ls='ls --color=auto'
alias grep='grep --color=auto'

# The home contains only the study's files and none of the shell.
unset HISTFILE

# Completion of options and arguments. The first Tab that needs it reads it, because reading it here would delay the first prompt
# of every shell.
if [[ -r /usr/share/bash-completion/bash_completion ]]; then
  _load_bash_completion() {
    complete -r -D
    unset -f _load_bash_completion
    . /usr/share/bash-completion/bash_completion
    # 124 makes bash look up the command's completion again. The loader is for commands without one.
    if complete -p -- "$1" &>/dev/null; then
      return 124
    fi
    _completion_loader "$@"
  }
  complete -D -F _load_bash_completion
fi

# Marks prompts and commands for the study's record. The file installs itself in this shell when it is loaded, and leaves no
# builtin. The nonce of the marks is in the environment of the sandbox's own shell. Shells inside it find it as the name of an
# empty file, because `exec bash` and tmux leave no process that still has it in its environment.
if [[ -s /usr/lib/tellina/shell_marks.so ]]; then
  [[ -z ${TELLINA_NONCE-} ]] || : 2>/dev/null >"/dev/shm/.tellina-$TELLINA_NONCE"
  enable -f /usr/lib/tellina/shell_marks.so tellina && enable -d tellina
fi
