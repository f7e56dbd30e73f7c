#!/usr/bin/env bash
# Makes what `bench isa` needs, once per machine: a folder of its own with Debian 13, whose Mesa (from its backports) has
# Vulkan drivers for Intel, NVIDIA, Qualcomm, Apple and AMD GPUs; devices that do nothing for them to open, and the driver
# for Mali, built from Debian's source of Mesa; Dawn for Node; the layer of report_pipelines.c. Changes nothing else on the
# machine, but installs debootstrap. Takes Debian on amd64, npm, and root (or sudo). ISA_ROOT names another folder.
set -euo pipefail
cd "$(dirname "$0")"
started=$SECONDS
root=${ISA_ROOT:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/inception-webgpu-isa}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

refuse() {
  echo "bench isa: $1" >&2
  exit 1
}
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
in_root() { as_root env -i HOME=/root PATH=/usr/sbin:/usr/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
# What a step says is shown only if it fails.
step() {
  echo "bench isa: $1"
  "${@:2}" >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    return 1
  }
}
install() { in_root apt-get install -y -qq --no-install-recommends "$@"; }

command -v apt-get >/dev/null || refuse 'takes Debian; there is no apt-get here'
[ "$(dpkg --print-architecture)" = amd64 ] || refuse 'takes amd64: elsewhere Debian builds the drivers of other GPUs'
mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' | sed -n 's/^Debian Debian //p' | head -n1)
[ -n "$mirror" ] && [ -e "$keyring" ] || refuse 'finds no mirror of Debian, or no key of it, in what apt is set to'
command -v npm >/dev/null || refuse 'there is no npm here'
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Bash goes on after what fails in these, so each command hangs on the one before.
debian() {
  { command -v debootstrap || install_here || { as_root apt-get update -qq && install_here; }; } &&
    as_root debootstrap --variant=minbase --keyring="$keyring" --include=ca-certificates trixie "$root" "$mirror"
}
install_here() { as_root apt-get install -y -qq debootstrap; }
packages() {
  as_root cp -L /etc/resolv.conf /etc/hosts "$root/etc/" &&
    printf '%s\n' "deb $mirror trixie main" "deb-src $mirror trixie main" "deb $mirror trixie-backports main" |
    as_root tee "$root/etc/apt/sources.list" &&
    in_root apt-get update -qq &&
    install -t trixie-backports mesa-vulkan-drivers linux-libc-dev libelf-dev &&
    install gcc g++ meson ninja-build pkgconf flex bison xz-utils nodejs python3-mako python3-yaml python3-packaging \
      python3-setuptools glslang-tools libdrm-dev libvulkan-dev libexpat1-dev zlib1g-dev libzstd-dev
}
devices() {
  as_root mkdir -p "$root/isa/source" &&
    as_root cp -r build.sh compile.mjs report_pipelines.c ../dawn/node_modules "$root/isa/" &&
    in_root sh -c 'cd /isa/source && apt-get source -qq --download-only mesa/trixie && tar xf mesa_*.orig.tar.xz --strip-components=1' &&
    in_root sh /isa/build.sh devices
}

[ -x "$root/usr/bin/apt-get" ] || step 'makes a folder of Debian 13' debian
step 'installs drivers and compilers in it' packages
step 'installs Dawn for Node' npm ci --prefix ../dawn --loglevel=error --no-audit --no-fund
step 'builds devices that do nothing' devices
step 'builds the driver for Mali, which Debian has not' in_root sh /isa/build.sh mali ||
  echo 'bench isa: goes on without Mali' >&2
in_root rm -rf /isa/source /isa/build
in_root sh -c "dpkg-query -W -f='\${Version}' mesa-vulkan-drivers >/isa/version"
echo "bench isa: ready after $((SECONDS - started)) s, in $root"
