# What the build needs of a machine: gcc, g++ and make, which compile the Kafka client, and Rust.
#
# To be sourced. `require_prerequisites ROOT`, given the project's folder, installs what it may (C tools through apt-get,
# the toolchain of rust-toolchain.toml through rustup) and otherwise ends the script with one line that says what to
# install.
# shellcheck shell=bash

# A build with TLS adds perl before it calls `require_prerequisites`.
C_TOOLS=(gcc g++ make)

require_prerequisites() {
    local root=$1 missing=() needed=()
    find_missing_tools
    if ((${#missing[@]})) && may_install_packages; then
        # Without its recommended packages gcc comes without the C library's headers.
        install_packages "${missing[@]}" libc6-dev
        find_missing_tools
    fi
    if ((${#missing[@]})); then
        needed+=("${missing[*]} (on Debian and Ubuntu: sudo apt-get install ${missing[*]})")
    fi
    prepare_rust
    if ((${#needed[@]})); then
        local list
        printf -v list '%s; ' "${needed[@]}"
        echo "error: to be installed: ${list%; }" >&2
        exit 1
    fi
}

# Fills the caller's `missing`.
find_missing_tools() {
    local tool
    missing=()
    for tool in "${C_TOOLS[@]}"; do
        is_there "$tool" || missing+=("$tool")
    done
}

is_there() {
    case $1 in
    # A minimal system has a perl without the modules that OpenSSL's build uses.
    perl) perl -MFindBin -MIPC::Cmd -MFile::Compare -MFile::Copy -e 1 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

may_install_packages() {
    command -v apt-get >/dev/null || return 1
    ((EUID == 0)) || sudo -n true 2>/dev/null
}

# Installs packages. What apt-get says is shown where it fails.
install_packages() {
    local as_root=() log
    ((EUID == 0)) || as_root=(sudo -n)
    echo "Installing $* with apt-get ..." >&2
    log=$(mktemp)
    # One source of packages that can't be reached need not be the one that has these.
    apt_get update >"$log" 2>&1 || true
    if ! apt_get install --yes --no-install-recommends "$@" >>"$log" 2>&1; then
        cat "$log" >&2
    fi
    rm -f "$log"
}

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet "$@" </dev/null
}

# Adds to the caller's `needed` unless a cargo that is new enough is on PATH at the end.
prepare_rust() {
    local required found
    required=$(value_of rust-version "$root/Cargo.toml")
    cargo_version
    if ! is_at_least "$found" "$required" && [[ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]]; then
        # Installed, but this shell was started before, or finds the distribution's own first.
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
        cargo_version
    fi
    if ! is_at_least "$found" "$required" && command -v rustup >/dev/null; then
        rustup toolchain install "$(value_of channel "$root/rust-toolchain.toml")" \
            --profile minimal --component clippy --component rustfmt --no-self-update >&2 || true
        cargo_version
    fi
    if ! is_at_least "$found" "$required"; then
        needed+=("Rust $required or newer (found: ${found:-no cargo}): see https://rustup.rs")
    fi
}

# Sets the caller's `found` to the version of cargo, empty without one. rustup's cargo gets the toolchain of
# rust-toolchain.toml at its first call in the project's folder.
cargo_version() {
    hash -r
    found=""
    if command -v cargo >/dev/null; then
        found=$(cd "$root" && cargo --version </dev/null) || found=""
        found=${found#cargo }
        found=${found%% *}
    fi
}

# The text of `KEY = "text"` in a TOML file.
value_of() {
    sed -n "s/^$1 *= *\"\\(.*\\)\".*/\\1/p" "$2" | head -n 1
}

# Whether a version is there and not older than another one.
is_at_least() {
    [[ -n "$1" && "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]
}
