#!/usr/bin/env bash
# Installs Mesa's Vulkan drivers (lavapipe, which computes on the CPU, RADV and others) where there are none of Mesa 25 or
# later: older ones refuse what Dawn asks of a driver. Takes apt, and root or sudo. Debian 12 has them in its backports,
# which are added from the mirror that apt itself uses. Where it cannot, it says why in one line and ends with 1.
set -euo pipefail

PACKAGE=mesa-vulkan-drivers
NEEDED=25

refuse() {
  echo "Mesa $NEEDED cannot be installed: $1" >&2
  exit 1
}

# Whether a version, such as `25.0.7-2~bpo12+1` or `1:25.0.7-2`, is late enough; what is no version is not.
is_enough() {
  local version=${1#*:}
  version=${version%%.*}
  [[ $version =~ ^[0-9]+$ ]] && [ "$version" -ge "$NEEDED" ]
}

is_installed() {
  local found
  # It fails where it does not know the package, and where there is no dpkg.
  found=$(dpkg-query -W -f='${db:Status-Status} ${Version}' "$PACKAGE" 2>/dev/null) || return 1
  [ "${found%% *}" = installed ] && is_enough "${found#* }"
}

# The version that apt would install, from a suite if one is given.
offered() {
  local policy
  policy=$(apt-cache ${1:+-o "APT::Default-Release=$1"} policy "$PACKAGE" 2>/dev/null) || policy=
  sed -n 's/^ *Candidate: //p' <<<"$policy"
}

# Without a terminal, sudo must not ask for a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" 2>&1; }

# The first error in what apt said.
error() { grep -m1 '^E: ' <<<"$1" || tail -n1 <<<"$1"; }

# A list that cannot be fetched matters only if what is needed is not in the others.
unread=
update() {
  local told
  told=$(apt_get update -o APT::Update::Error-Mode=any) || unread="; apt-get update fails: $(error "$told")"
}

# `mirror codename` of the Debian that apt is set to, without updates and security; nothing on other distributions.
debian() {
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE) $(CODENAME)' 'Created-By: Packages' |
    sed -n 's/^Debian Debian \([^ ]*\) \([a-z]*\)$/\1 \2/p' | head -n1
}

# Sets `suite` and `offer` to those of the backports, which are a source of apt's from then on.
use_backports() {
  local mirror codename list sources keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  read -r mirror codename <<<"$(debian)" || true
  [ -n "$codename" ] || refuse "apt offers ${offer:-none}, and this is no Debian that has backports$unread"
  suite=$codename-backports
  offer=$(offered "$suite")
  if is_enough "$offer"; then return; fi
  eval "$(apt-config shell sources Dir::Etc::sourceparts/d)"
  list=${sources%/}/$suite.list
  # What apt cannot read would be in its way from then on.
  trap 'as_root rm -f "$list"' EXIT
  as_root tee "$list" >/dev/null <<<"deb $([ ! -e $keyring ] || echo "[signed-by=$keyring]") $mirror $suite main"
  update
  offer=$(offered "$suite")
  is_enough "$offer" || refuse "$suite offers ${offer:-none}$unread"
  trap - EXIT
}

if is_installed; then exit; fi
command -v apt-get >/dev/null || refuse 'there is no apt-get here'
[ "$(id -u)" = 0 ] || command -v sudo >/dev/null || refuse 'it takes root, and there is no sudo'
update
suite=
offer=$(offered)
is_enough "$offer" || use_backports
echo "Installing $PACKAGE $offer. This happens once."
told=$(apt_get install -y --no-install-recommends ${suite:+-t "$suite"} "$PACKAGE") ||
  refuse "apt-get install fails: $(error "$told")"
is_installed || refuse "apt-get installed it, but dpkg does not know of it"
