# Marks prompts and commands for the study's record, as terminals and editors do ("OSC 133"):
#
#   ESC ] 133 ; A ; nonce=N BEL                            a prompt starts
#   ESC ] 133 ; B ; nonce=N BEL                            it ends: the shell can be typed at
#   ESC ] 133 ; C ; nonce=N ; shell=S ; n=K ; last=STATUS ; size=BYTES ; cmd=TEXT ; cwd=PATH BEL    a command starts
#   ESC ] 133 ; D ; STATUS ; nonce=N ; shell=S ; n=K BEL   it has ended
#
# without the spaces. In TEXT and PATH "\" is "\\", and ";" and control characters are \xHH. S is the shell: its process
# number, a dot, and a random number, as `exec bash` keeps the first. K grows with each command, "last" is the status of
# the command before, and BYTES is the size of the whole TEXT, which is cut where it is very long.
#
# What the participant's traps, options and variables can see of this is as little as bash allows. A and B stand in PS1.
# C comes from PS0, which bash expands when it has read a whole command, D from an entry of PROMPT_COMMAND: both in a
# subshell, whose settings are its own. The entry is no simple command, so that neither DEBUG traps nor "set -x" see it.
# It also looks whether everything is in place; only where something is displaced does the main shell run a function,
# __tellina_put_back.

if [[ -n ${TELLINA_NONCE-} && -z ${__tellina_nonce-} ]]; then
  __tellina_nonce=$TELLINA_NONCE
  __tellina_shell=$$.$SRANDOM
  __tellina_dash=-
  : "${__tellina_ran:=0}"
  __tellina_if=('' x)  # ${__tellina_if[1]} is a text, ${__tellina_if[0]} is none
  __tellina_open=$'\e]133;'
  __tellina_close=$'\a'
  __tellina_in=
  # tmux passes on to its own terminal only what is wrapped like this (and /etc/tmux.conf allows), and draws the output
  # later than that: so A and B are left out, and the others say where they come from.
  if [[ -n ${TMUX-} && ${TERM-} == @(tmux|screen)* ]]; then
    __tellina_open=$'\ePtmux;\e\e]133;'
    __tellina_close=$'\a\e\\'
    __tellina_in=';in=tmux'
  fi
  __tellina_ps1_start=
  __tellina_ps1_end=
  if [[ -z $__tellina_in ]]; then
    __tellina_ps1_start='\['$__tellina_open'A;nonce='$__tellina_nonce$__tellina_close'\]'
    __tellina_ps1_end='\['$__tellina_open'B;nonce='$__tellina_nonce$__tellina_close'\]'
  fi

  # A function definition in braces is no simple command. Its redirection is expanded, and decides whether it fails: the
  # text behind /dev/null is empty where all is in place, else there is no such file.
  __tellina_start='{ __tellina_() { :; }; } 2</dev/null </dev/null"'
  # Sends D once for each command, and leaves no text.
  __tellina_start+='${__tellina_dash:(__tellina_status=$?)*0+1}'
  __tellina_start+='${__tellina_if[__tellina_ran]:+$({ __tellina_command_ended; } {BASH_XTRACEFD}>/dev/null >/dev/null 2>&1)}'
  __tellina_start+='${__tellina_dash:(__tellina_ran=0)*0+1}'
  # The first entry of PROMPT_COMMAND where the participant has hooks there: the command has ended before they print.
  __tellina_hook=$__tellina_start'"'
  # The last entry, with the number 99: whatever a participant assigns to PROMPT_COMMAND itself goes to number 0.
  __tellina_look=$__tellina_start
  __tellina_look+='${PS1:+${PS1##"$__tellina_ps1_start"*"$__tellina_ps1_end"}}${__tellina_if[1${PS1:+-1}]}'
  __tellina_look+='${PS0:+${PS0##"$__tellina_ps0"*}}${__tellina_if[1${PS0:+-1}]}'
  __tellina_look+='${PROMPT_COMMAND[0]+${PROMPT_COMMAND[0]##"$__tellina_hook"}}${HISTCONTROL-}${HISTIGNORE-}'
  __tellina_look+='${HISTSIZE+${HISTSIZE##??*}}${BASHOPTS##*cmdhist*promptvars*}" || { __tellina_put_back; } >/dev/null 2>&1'

  # Three expansions, none of which leaves text. The first notes, in this shell, that a command runs; the second puts the
  # entry back where a participant has emptied PROMPT_COMMAND; the third sends the mark.
  __tellina_ps0='${__tellina_dash:(__tellina_ran=1)*0+1}'
  __tellina_ps0+='${__tellina_dash#"${__tellina_dash%%"${PROMPT_COMMAND[99]:=$__tellina_look}"}"}'
  __tellina_ps0+='$({ __tellina_command_starts "$?"; } {BASH_XTRACEFD}>/dev/null >/dev/null 2>&1)'

  # Sets REPLY to the first argument with what would end or split a mark written as \xHH. In the C locale.
  __tellina_escape() {
    local character hex backslashes='\\'
    REPLY=$1
    [[ $REPLY == *[\\\;$'\001'-$'\037'$'\177']* ]] || return 0
    # The quotes in the replacements keep "&" and "\" literal.
    REPLY=${REPLY//\\/"$backslashes"}
    while [[ $REPLY =~ [$'\001'-$'\037'$'\177;'] ]]; do
      character=${BASH_REMATCH[0]}
      printf -v hex '\\x%02x' "'$character"
      REPLY=${REPLY//"$character"/"$hex"}
    done
  }

  # Runs in a subshell only: what it sets is forgotten.
  __tellina_be_plain() {
    # In POSIX mode these are the builtins, whatever functions the participant has given their names to; `unset` then
    # takes such functions away.
    POSIXLY_CORRECT=y
    set +xeuTE
    unset -f builtin history local printf return set trap shopt
    trap - DEBUG ERR RETURN
    unset -v POSIXLY_CORRECT
    set +o posix
    shopt -u nocasematch extglob
    LC_ALL=C IFS=' '
  }

  # Runs in the subshell of PS0. Its argument is the status of the command before.
  __tellina_command_starts() {
    __tellina_be_plain
    local HISTTIMEFORMAT= number='\#' text size
    # Without a history the text is unknown; bash doesn't let a hook switch it on again.
    [[ :$SHELLOPTS: != *:history:* ]] || text=$(builtin history 1)
    text=${text#"${text%%[! ]*}"}  # "  123  the command"; "*" stands where an entry was edited
    text=${text#*[ *] }
    size=${#text}
    # 60,000 bytes fit into a mark also where each needs four. The cut is between two characters of UTF-8.
    if ((size > 60000)); then
      text=${text:0:60000}
      while [[ $text == *[$'\200'-$'\277'] ]]; do text=${text%?}; done
      text=${text%[$'\300'-$'\377']}
    fi
    __tellina_escape "$text"
    text=$REPLY
    __tellina_escape "$PWD"
    printf '%sC;nonce=%s;shell=%s;n=%s%s;last=%s;size=%s;cmd=%s;cwd=%s%s' "$__tellina_open" "$__tellina_nonce" \
      "$__tellina_shell" "$((${number@P} + 1))" "$__tellina_in" "$1" "$size" "$text" "$REPLY" "$__tellina_close" >/dev/tty
  }

  # Runs in a subshell of PROMPT_COMMAND.
  __tellina_command_ended() {
    __tellina_be_plain
    local number='\#'
    printf '%sD;%s;nonce=%s;shell=%s;n=%s%s%s' "$__tellina_open" "$__tellina_status" "$__tellina_nonce" \
      "$__tellina_shell" "${number@P}" "$__tellina_in" "$__tellina_close" >/dev/tty
  }

  # Puts back what the participant's settings or hooks have displaced. bash gives every entry of PROMPT_COMMAND, and the
  # prompt, the command's status, whatever an entry returns.
  __tellina_put_back() {
    local entry entries=() ps1 -
    set +xeu
    [[ -z ${HISTCONTROL-} ]] || HISTCONTROL=
    [[ -z ${HISTIGNORE-} ]] || HISTIGNORE=
    [[ ${HISTSIZE-} != [0-9] ]] || HISTSIZE=500
    shopt -s cmdhist promptvars
    [[ ${PS0-} == "$__tellina_ps0"* ]] || PS0=$__tellina_ps0${PS0-}
    ps1=${PS1-}
    ps1=${ps1//"$__tellina_ps1_start"/}
    PS1=$__tellina_ps1_start${ps1//"$__tellina_ps1_end"/}$__tellina_ps1_end
    for entry in "${PROMPT_COMMAND[@]}"; do
      [[ -z $entry || $entry == "$__tellina_hook" || $entry == "$__tellina_look" ]] || entries+=("$entry")
    done
    if ((${#entries[@]} == 0)); then
      [[ ${PROMPT_COMMAND[99]-} == "$__tellina_look" && ${#PROMPT_COMMAND[@]} -eq 1 ]] ||
        PROMPT_COMMAND=([99]="$__tellina_look")
    elif [[ ${PROMPT_COMMAND[0]-} != "$__tellina_hook" || ${PROMPT_COMMAND[99]-} != "$__tellina_look" ]]; then
      PROMPT_COMMAND=("$__tellina_hook" "${entries[@]:0:98}" [99]="$__tellina_look")
    fi
    return 0
  }
  readonly -f __tellina_escape __tellina_be_plain __tellina_command_starts __tellina_command_ended __tellina_put_back

  shopt -s lithist
  unset TELLINA_NONCE  # the participant's commands have no use for it
  __tellina_put_back
fi
