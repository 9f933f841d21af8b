# Marks prompts and commands for the study's record, as terminals and editors do ("OSC 133"):
#
#   ESC ] 133 ; A ; nonce=N BEL                          a prompt starts
#   ESC ] 133 ; B ; nonce=N BEL                          it ends: the shell can be typed at
#   ESC ] 133 ; C ; nonce=N ; cmd=TEXT ; cwd=PATH BEL    a command starts
#   ESC ] 133 ; D ; STATUS ; nonce=N ; cwd=PATH BEL      it has ended
#
# without the spaces. In TEXT and PATH "\" is "\\", and ";" and control characters are \xHH.
# A and B stand in PS1. C comes from PS0, which bash expands when it has read a whole command, never for an empty line;
# D from PROMPT_COMMAND. C and D go to the terminal itself, wherever the shell's own output is sent.

if [[ -n ${TELLINA_NONCE-} ]]; then
  __tellina_nonce=$TELLINA_NONCE
  unset TELLINA_NONCE  # the participant's commands have no use for it

  __tellina_a=$'\\[\e]133;A;nonce='$__tellina_nonce$'\a\\]'
  __tellina_b=$'\\[\e]133;B;nonce='$__tellina_nonce$'\a\\]'
  # "set -x" is kept quiet about it.
  __tellina_hook='{ __tellina_prompt "$?"; } 2>/dev/null'
  # Three expansions in this order, none of which leaves text. The first notes, in this shell, that a command runs;
  # the second puts the hook back where a participant has emptied PROMPT_COMMAND; the third sends the mark.
  __tellina_ps0='${__tellina_dash:$((__tellina_ran=1)):0}'
  __tellina_ps0+='${__tellina_dash#"${__tellina_dash%%"${PROMPT_COMMAND[0]:=$__tellina_hook}"}"}'
  __tellina_ps0+='$({ __tellina_command_starts; } 2>/dev/null)'
  __tellina_dash=-
  __tellina_ran=0

  # Sets REPLY to the first argument with what would end or split a mark written as \xHH.
  __tellina_escape() {
    local LC_ALL=C character hex backslashes='\\'
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

  # Runs in the subshell of PS0: what it sets is forgotten.
  __tellina_command_starts() {
    set +xeu
    local LC_ALL=C HISTTIMEFORMAT= text
    # Without a history the text is unknown; bash doesn't let a hook switch it on again.
    [[ :$SHELLOPTS: != *:history:* ]] || text=$(builtin history 1)
    text=${text#"${text%%[! ]*}"}  # "  123  the command"; "*" stands where an entry was edited
    text=${text#*[ *] }
    __tellina_escape "${text:0:15000}"  # written with four bytes for each it still fits into a mark
    text=$REPLY
    __tellina_escape "$PWD"
    printf '\e]133;C;nonce=%s;cmd=%s;cwd=%s\a' "$__tellina_nonce" "$text" "$REPLY" >/dev/tty
  }

  # The first and the last entry of PROMPT_COMMAND: ends a command, and puts back what the participant's settings or
  # hooks have displaced. bash gives every entry, and the prompt, the command's status, whatever an entry returns.
  __tellina_prompt() {
    local status=$1 REPLY entry ps1 -
    set +xeu
    if ((__tellina_ran)); then
      __tellina_ran=0
      __tellina_escape "$PWD"
      printf '\e]133;D;%s;nonce=%s;cwd=%s\a' "$status" "$__tellina_nonce" "$REPLY" >/dev/tty
    fi

    HISTCONTROL= HISTIGNORE=
    [[ ${HISTSIZE-} != [0-9] ]] || HISTSIZE=500
    shopt -s cmdhist lithist promptvars
    [[ ${PS0-} == "$__tellina_ps0"* ]] || PS0=$__tellina_ps0${PS0-}
    ps1=${PS1-}
    ps1=${ps1//"$__tellina_a"/}
    PS1=$__tellina_a${ps1//"$__tellina_b"/}$__tellina_b
    if [[ ${PROMPT_COMMAND[0]-} != "$__tellina_hook" || ${#PROMPT_COMMAND[@]} -lt 2 ||
      ${PROMPT_COMMAND[-1]} != "$__tellina_hook" ]]; then
      local entries=()
      for entry in "${PROMPT_COMMAND[@]}"; do
        [[ -z $entry || $entry == "$__tellina_hook" ]] || entries+=("$entry")
      done
      PROMPT_COMMAND=("$__tellina_hook" "${entries[@]}" "$__tellina_hook")
    fi
    return 0
  }
  __tellina_prompt 0
fi
