#!/usr/bin/env bash
# Installs what `bench isa` needs, once per machine: Mesa's Vulkan drivers, the Vulkan headers, Dawn for Node, and
# the layer of null_commands.c, which it compiles. Needs Linux, a C compiler, npm, and root (or sudo) for apt.
set -euo pipefail
cd "$(dirname "$0")"

CC=${CC:-cc}
command -v "$CC" >/dev/null || { echo "bench isa: there is no C compiler $CC; install one, or name it in CC" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

../dawn/install_mesa.sh
"$CC" -E -include vulkan/vk_layer.h -x c /dev/null >/dev/null 2>&1 || as_root apt-get install -y -qq libvulkan-dev >/dev/null

mkdir -p .cache
"$CC" -O1 -fPIC -shared -fvisibility=hidden -o .cache/libnull_commands.so null_commands.c
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
