#!/bin/sh
# Installs Debian's chromium and fonts for it, unless a browser is there. CHROMIUM names another one.
set -eu
for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
if ! command -v apt-get >/dev/null || ! $as_root true 2>/dev/null; then
    echo "The browser tests need chromium: install it, or name a browser like it by CHROMIUM=/path/to/it." >&2
    exit 1
fi
echo "Installing Debian's chromium …"
export DEBIAN_FRONTEND=noninteractive
said=$(mktemp)
trap 'rm -f "$said"' EXIT
if ! { $as_root apt-get -qq update && $as_root apt-get -qq install -y --no-install-recommends \
    chromium fonts-dejavu-core fonts-noto-color-emoji; } >"$said" 2>&1; then
    tail -n 3 "$said" >&2
    echo "The browser tests need chromium, and apt-get could not install it (see above)." >&2
    exit 1
fi
