#!/bin/bash
# Builds a module and what it depends on, if there is no build or the sources are newer: ./build-module.sh MODULE
# Without tests and format check, which "mvn verify" has. A fresh build needs neither network nor write access.
set -euo pipefail

top=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
[ $# = 1 ] && [ -e "$top/$1/pom.xml" ] || { echo "usage: build-module.sh MODULE" >&2; exit 2; }
module=$1
target=$top/$module/target
stamp=$target/built

# The modules whose jars the class path holds: this one, and those of this project that its pom names, and so on.
modules_of() {
    local m
    echo "$1"
    for m in $(sed -n 's|.*<artifactId>\(tap-[a-z-]*\)</artifactId>.*|\1|p' "$top/$1/pom.xml"); do
        [ "$m" = "$1" ] || modules_of "$m"
    done
}

is_stale() {
    local m sources=(pom.xml)
    [ -e "$stamp" ] || return 0
    for m in $(modules_of "$module" | sort -u); do
        sources+=("$m/pom.xml" "$m/src/main")
    done
    [ -n "$(cd "$top" && find "${sources[@]}" -newer "$stamp" -print -quit)" ]
}

is_stale || exit 0

if ! mkdir -p "$target" 2>/dev/null || [ ! -w "$target" ]; then
    echo "the build of $module is older than its sources, and $(id -un) may not write to $target:" \
        "let its owner run $(readlink -f "$0") $module" >&2
    exit 1
fi
if ! command -v mvn >/dev/null; then
    echo "Maven is missing, which builds $module (on Debian: apt-get install maven)" >&2
    exit 1
fi
# One build at a time; whoever waited finds it done.
exec 9>"$target/build.lock"
flock 9
is_stale || exit 0

echo "building…" >&2
log=$(mktemp) started=$(mktemp)
trap 'rm -f "$log" "$started"' EXIT
# Libraries left over from another version would come first on the class path.
rm -rf "$target/lib"
if ! (cd "$top" && mvn -q -B -Dmaven.test.skip=true -Dspotless.check.skip=true -pl "$module" -am package) \
    >"$log" 2>&1 </dev/null 9>&-; then
    cat "$log" >&2
    echo "the build of $module failed; its output is above" >&2
    exit 1
fi
# As of the start of the build: what was edited meanwhile is newer.
touch -r "$started" "$stamp"
