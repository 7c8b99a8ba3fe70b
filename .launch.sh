# Sourced by run-example.sh and the programs in benchmarks: builds a module if need be and runs a program of it.
#
#     launch MODULE MAIN_CLASS [ARGUMENT…]
#
# Builds what is missing or older than its sources; once built it needs neither network nor write access.

top=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
program=$(basename "$0")

# The modules whose sources are in a module's class path.
modules_of() {
    case $1 in
        benchmarks) echo tap-codec tap-transport tap-net tap-tools benchmarks ;;
        tap-tools) echo tap-codec tap-transport tap-net tap-tools ;;
        *) echo tap-codec tap-transport "$1" ;;
    esac
}

is_stale() {
    local module=$1 sources=(pom.xml) m
    [ -e "$(stamp_of "$module")" ] || return 0
    for m in $(modules_of "$module"); do
        sources+=("$m/pom.xml" "$m/src/main")
    done
    [ -n "$(cd "$top" && find "${sources[@]}" -newer "$(stamp_of "$module")" -print -quit)" ]
}

stamp_of() {
    echo "$top/$1/target/.built-by-launch"
}

build() {
    local module=$1 log started
    log=$(mktemp) started=$(mktemp)
    # Left-overs of another version would come first on the class path.
    rm -rf "$top/$module/target/lib"
    # Programs need neither tests nor the format check; "mvn verify" has both.
    if ! (cd "$top" && mvn -q -B -Dmaven.test.skip=true -Dspotless.check.skip=true -pl "$module" -am package) \
        >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        echo "$program: the build failed; its output stands above" >&2
        rm -f "$log" "$started"
        exit 1
    fi
    # What was edited while the build ran is stale.
    mv "$started" "$(stamp_of "$module")"
    chmod 644 "$(stamp_of "$module")"
    rm -f "$log"
}

launch() {
    local module=$1 main_class=$2 java home version options
    shift 2

    java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    if ! command -v "$java" >/dev/null; then
        echo "$program: no Java found: JAVA_HOME=${JAVA_HOME:-} (expected: JDK 17 or newer," \
            "on Debian: apt-get install openjdk-17-jdk-headless maven)" >&2
        exit 1
    fi

    if is_stale "$module"; then
        if ! mkdir -p "$top/$module/target" 2>/dev/null || [ ! -w "$top/$module/target" ]; then
            echo "$program: the build is older than its sources, and $(id -un) may not write to" \
                "$top/$module/target; let its owner run $0 once" >&2
            exit 1
        fi
        # One build at a time; who waited finds it done.
        exec 9>"$top/$module/target/.launch.lock"
        flock 9
        if is_stale "$module"; then
            echo "building…" >&2
            build "$module"
        fi
        exec 9>&-
    fi

    options=(
        -XX:+UseSerialGC -Xms32m -Xmx1g -Xshare:auto -XX:-UsePerfData
        # Derived from network interfaces otherwise, which a bare network namespace has none of.
        -Dio.netty.machineId=02:00:00:ff:fe:00:00:01
        -Dio.netty.leakDetection.level=disabled
        # A batch has 64 frames; with the default of 32 the pool of their buffers grows and shrinks all the time.
        -Dio.netty.recycler.chunkSize=256
        "-Dnettytap.top=$top"
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
        -cp "$top/$module/target/*:$top/$module/target/lib/*" "$main_class" "$@"
}
