#!/usr/bin/env bash
# Installs what `bench isa` needs, once per machine: Mesa's Vulkan drivers, the Vulkan headers, Dawn for Node, and
# the layer of null_commands.c, which it compiles. Needs Linux, a C compiler, npm, and root (or sudo) for apt.
set -euo pipefail
cd "$(dirname "$0")"

# RADV of Mesa 25 or later: older ones refuse what Dawn asks of a driver.
mesa_version() { dpkg-query -W -f='${Version}' mesa-vulkan-drivers 2>/dev/null | sed 's/^[0-9]*://; s/\..*//'; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian's mirror as this machine uses it, from either format of apt's sources.
debian_mirror() {
  local mirrors
  mirrors=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) bookworm .*/\2/p' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true)
  [ -n "$mirrors" ] || { echo 'bench isa: finds no Debian mirror in /etc/apt; install Mesa 25 yourself' >&2; return 1; }
  echo "${mirrors%%$'\n'*}"
}

install_packages() {
  . /etc/os-release
  local suite=()
  if [ "${VERSION_CODENAME:-}" = bookworm ]; then
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    local mirror
    mirror=$(debian_mirror)
    echo "deb [signed-by=$keyring] $mirror bookworm-backports main" |
      as_root tee /etc/apt/sources.list.d/bookworm-backports.list >/dev/null
    suite=(-t bookworm-backports)
  fi
  as_root apt-get update -qq
  as_root apt-get install -y -qq "${suite[@]}" mesa-vulkan-drivers >/dev/null
}

version=$(mesa_version)
[ "${version:-0}" -ge 25 ] || install_packages
[ -e /usr/include/vulkan/vk_layer.h ] || as_root apt-get install -y -qq libvulkan-dev >/dev/null

mkdir -p .cache
"${CC:-cc}" -O1 -fPIC -shared -fvisibility=hidden -o .cache/libnull_commands.so null_commands.c
cat >.cache/null_commands.json <<'JSON'
{
  "file_format_version": "1.1.2",
  "layer": {
    "name": "VK_LAYER_INCEPTION_null_commands",
    "type": "GLOBAL",
    "library_path": "./libnull_commands.so",
    "api_version": "1.3.0",
    "implementation_version": "1",
    "description": "Command buffers that do nothing"
  }
}
JSON
npm ci --loglevel=error --no-audit --no-fund
echo 'bench isa: ready'
