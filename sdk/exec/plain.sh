#!/bin/sh
# A sandbox for tellina in shell: an example of a script for exec_script (docs/exec.md, "For shell scripts").
#
#   "sandbox": {"plugin": "exec", "command": ["/usr/libexec/tellina/exec_script", "/usr/share/tellina/exec/plain.sh"],
#               "settings": {"i_know_this_is_not_isolated": true}}
#
# A sandbox is a folder and a bash. It isolates nothing: put bwrap, podman or ssh where `shell` runs bash. Until then a
# participant may kill every process of the server's user, also the one that ends the participant's processes.
set -eu

parent=${TELLINA_SETTING_directory:-/tmp}
# Neither name has a dot, so this prefix belongs to one owner only.
prefix=$parent/tellina-plain.$TELLINA_OWNER.
folder=$prefix$TELLINA_SANDBOX
home=$folder/home

fail() { # CODE TEXT
    echo "$1: $2" >&2
    exit 1
}

working_directory() {
    case $TELLINA_WORKING_DIRECTORY in
        "~"*) printf '%s' "$home${TELLINA_WORKING_DIRECTORY#"~"}" ;;
        *) printf '%s' "$TELLINA_WORKING_DIRECTORY" ;;
    esac
}

remove() { # FOLDER
    # The shell may have made folders of its own unreadable. chmod -R follows no links; rm fails on what it cannot change.
    chmod -R u+rwx "$1" 2>/dev/null || true
    rm -rf "$1"
}

case $1 in
    probe)
        [ "${TELLINA_SETTING_i_know_this_is_not_isolated:-}" = true ] ||
            fail bad_config "expected \"i_know_this_is_not_isolated\": true in sandbox.settings"
        [ -w "$parent" ] || fail permission_denied "$parent is not writable"
        for limit in memory processes cpu "disk bytes" "disk inodes" network isolation; do
            printf '%s\tno\tnot isolated\n' "$limit"
        done
        printf 'end of processes\tno\ta participant may kill the process that ends them\n'
        ;;
    start) # standard input is a tar of the home
        umask 022
        mkdir -m 700 "$folder"
        mkdir "$home"
        tar -x -f - -p --no-same-owner --warning=no-unknown-keyword -C "$home" || fail seed_failed "tar cannot fill $home"
        [ -d "$(working_directory)" ] || fail not_found "working_directory: expected a folder, got $(working_directory)"
        ;;
    shell) # standard input and output are the terminal
        cd "$(working_directory)"
        rcfile=$TELLINA_SHELL_FOLDER/bashrc
        export HOME="$home" USER=me LOGNAME=me SHELL=/bin/bash TERM=xterm-256color COLORTERM=truecolor LESSHISTFILE=-
        unset TELLINA_OWNER TELLINA_SANDBOX TELLINA_WORKING_DIRECTORY TELLINA_SHELL_FOLDER
        unset TELLINA_SETTING_directory TELLINA_SETTING_i_know_this_is_not_isolated
        exec /bin/bash --rcfile "$rcfile"
        ;;
    snapshot) # a tar on standard output; names are octets, hence hdrcharset
        exec tar -c -f - --format=posix --pax-option='delete=atime,delete=ctime,hdrcharset:=BINARY' --sparse \
            --ignore-failed-read --warning=none -C "$home" .
        ;;
    destroy)
        remove "$folder"
        ;;
    sweep) # what a dead owner has left, except $TELLINA_KEEP; prints how many
        removed=0
        for left in "$prefix"*; do
            [ -d "$left" ] || continue
            case " $TELLINA_KEEP " in *" ${left#"$prefix"} "*) continue ;; esac
            remove "$left"
            removed=$((removed + 1))
        done
        echo "$removed"
        ;;
    *)
        fail unsupported "no such verb: $1"
        ;;
esac
