# For other scripts to source: the root of a fresh Debian 12, and a way to run commands in it.
#
#   make_machine NAME [PACKAGES]               creates it in $root; removed when the script ends. NAME is for messages.
#                                              PACKAGES, separated by commas, are what it has; otherwise what a clone needs
#   in_machine [SOURCE:TARGET]... -- COMMAND   runs a command in it, with files of this machine at TARGET
#
# mmdebstrap creates the root, which is kept in build/fresh/ for later runs. The network (for apt and npm) is this machine's, with
# its settings. Needs root.

readonly release=bookworm fresh=$PWD/build/fresh

apt_sources() {  # The files that name this machine's Debian mirrors, if it is the same Debian
    grep -qs "^VERSION_CODENAME=$release" /etc/os-release || return 0
    find /etc/apt -maxdepth 2 \( -path /etc/apt/sources.list -size +0 -o -path '/etc/apt/sources.list.d/*.list' \
        -o -path '/etc/apt/sources.list.d/*.sources' \)
}

make_base() {  # TARBALL PACKAGES
    local sources
    mapfile -t sources < <(apt_sources)
    rm -rf "${1%-*}"-*
    # All of this machine's settings for downloads: proxies, certificates, timeouts.
    apt-config dump | grep '^Acquire::' >"$fresh/fetching"
    mmdebstrap --quiet --variant=minbase --format=tar --include="$2" --aptopt="$fresh/fetching" \
        "$release" "$1.part" "${sources[@]}"
    mv "$1.part" "$1"
}

forget_machine() {
    if grep -q " $root" /proc/mounts; then echo "$machine_name: still mounted below $root" >&2; exit 1; fi
    rm -rf --one-file-system "$root"*
}

make_machine() {  # NAME [PACKAGES]
    local packages=${2:-git,make,ca-certificates}
    machine_name=$1
    if [[ $(id -u) != 0 ]]; then
        echo "$1: needs root to create a machine; try: sudo make $1" >&2
        exit 1
    fi
    mkdir -p "$fresh"
    local key base
    key=$({ echo "$release $packages"; apt_sources | xargs -r cat; apt-config dump | grep '^Acquire::'; } | sha256sum | cut -c1-12)
    base=$fresh/${2:+$1-}base-$key.tar
    [[ -e $base ]] || make_base "$base" "$packages"
    root=$(mktemp -d "$fresh/root.XXXXXX")
    trap forget_machine EXIT
    tar -C "$root" -xf "$base"
}

in_machine() {
    unshare --mount --propagation private --pid --fork --kill-child tools/fresh_machine/enter "$root" "$@"
}
