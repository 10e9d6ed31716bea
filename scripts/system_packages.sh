#!/usr/bin/env bash
# Debian packages that only tests use: brokers, a card token, a browser, fonts. Installs what is missing where it can.
set -u
packages=(redis-server rabbitmq-server softhsm2 chromium fonts-noto-cjk)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Some tests will be skipped; for all of them: sudo apt-get install ${missing[*]}"
  exit 0
fi
echo "Installing for the tests: ${missing[*]}"
# A policy that denies keeps the packaged services from starting: the tests start instances of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log"
  echo "Could not install ${missing[*]}; the tests that need them will be skipped"
fi
rm -f "$log"
