#!/bin/bash
# Runs the netty-tap programs: ./run-example.sh SUBCOMMAND [OPTION…]; without arguments it lists them.
# Builds first what is missing or older than its sources. Once built it needs neither network nor write access.
set -euo pipefail
top=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
target=$top/examples/target
stamp=$target/.built-by-run-example

is_stale() {
    [ -e "$stamp" ] || return 0
    [ -n "$(cd "$top" && find pom.xml {test-support,tap-codec,tap-transport,examples}/{pom.xml,src/main} \
        -newer "$stamp" -print -quit)" ]
}

build() {
    local log started
    log=$(mktemp) started=$(mktemp)
    # Left-overs of another version would come first on the class path.
    rm -rf "$target/lib"
    # Programs need neither tests nor the format check; "mvn verify" has both.
    if ! (cd "$top" && mvn -q -B -Dmaven.test.skip=true -Dspotless.check.skip=true -pl examples -am package) \
        >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        echo "run-example.sh: the build failed; its output stands above" >&2
        rm -f "$log" "$started"
        exit 1
    fi
    # What was edited while the build ran is stale.
    mv "$started" "$stamp"
    chmod 644 "$stamp"
    rm -f "$log"
}

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! command -v "$java" >/dev/null; then
    echo "run-example.sh: no Java found: JAVA_HOME=${JAVA_HOME:-} (expected: JDK 17 or newer," \
        "on Debian: apt-get install openjdk-17-jdk-headless maven)" >&2
    exit 1
fi

if is_stale; then
    mkdir -p "$target"
    # One build at a time; who waited finds it done.
    exec 9>"$target/.run-example.lock"
    flock 9
    if is_stale; then
        echo "building…" >&2
        build
    fi
    exec 9>&-
fi

options=(
    -XX:+UseSerialGC -Xms32m -Xmx1g
    -Xshare:auto -XX:-UsePerfData
    # Derived from network interfaces otherwise, which a bare network namespace has none of.
    -Dio.netty.machineId=02:00:00:ff:fe:00:00:01
    -Dio.netty.leakDetection.level=disabled
)
# The release file tells the version without starting a JVM.
home=$(dirname "$(dirname "$(readlink -f "$(command -v "$java")")")")
version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release" 2>/dev/null || true)
if [ "${version:-17}" -ge 24 ]; then
    options+=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
fi

# NETTY_TAP_JAVA_OPTIONS is for measuring and debugging, such as -XX:StartFlightRecording.
# shellcheck disable=SC2086
exec "$java" "${options[@]}" ${NETTY_TAP_JAVA_OPTIONS:-} \
    -cp "$target/*:$target/lib/*" io.github.nettytap.examples.cli.NettyTap "$@"
