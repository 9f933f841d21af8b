# How an interactive bash looks; a bash that the participant starts reads it too.

PS1='\u@\h:\w\$ '
shopt -s checkwinsize
alias ls='ls --color=auto'
alias grep='grep --color=auto'

# The home holds the study's files and nothing of the shell's own.
unset HISTFILE
