#!/bin/bash
# Prepares a Debian 12 machine for this folder: afterwards `make run` and `make test` find everything they need, and Docker runs
# with the image of the sandbox "docker".
#
#   sudo ./setup.bash [USER]
#
# USER (by default the user who called sudo) may then use Docker (after a new login), and owns the build. The script can be run
# again at any time and does not change what already exists. `vagrant up` runs it in the virtual machine.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

user=${1:-${SUDO_USER:-root}}
say() { printf 'setup: %s\n' "$*"; }
refuse() {
    say "$*" >&2
    exit 1
}

[[ $(id -u) == 0 ]] || refuse "needs root, to install packages: sudo $0 ${1:-}"
getent passwd "$user" >/dev/null || refuse "user \"$user\" does not exist"
if ! grep -qs '^ID=debian' /etc/os-release || ! grep -qs '^VERSION_ID="12"' /etc/os-release; then
    refuse "expected Debian 12, got $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release); README.md says what to install elsewhere"
fi

as_user() {  # COMMAND...: with the groups that the user has now
    runuser -u "$user" -- env HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"
}

export DEBIAN_FRONTEND=noninteractive
if ! command -v make >/dev/null; then
    apt-get update -q
    apt-get install -q -y --no-install-recommends make
fi
say "packages"
tools/deps test
if ! command -v newuidmap >/dev/null; then  # needed by an ordinary user's build, but not by root's
    apt-get install -q -y --no-install-recommends uidmap
fi
chown -R "$user:" node_modules
if [[ -d build ]]; then chown -R "$user:" build; fi

say "Docker"
usermod --append --groups docker "$user"
engine_answers() { docker version >/dev/null 2>&1; }
if ! engine_answers; then
    if [[ -d /run/systemd/system ]]; then
        systemctl enable --now docker
    else  # a container or the like, where Debian's init script would raise limits, which may be forbidden
        setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null &
    fi
fi
end=$((SECONDS + 60))
until engine_answers; do
    [[ $SECONDS -lt $end ]] || refuse "the Docker engine does not answer; see journalctl -u docker, or /var/log/dockerd.log"
    sleep 0.5
done

say "the server and the image (some minutes the first time)"
as_user make build image
say "done: log in again as $user, then \`make run\`"
