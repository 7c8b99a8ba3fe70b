# Sourced by the programs beside it: launch MAIN_CLASS [ARGUMENT…] builds the benchmarks if need be and runs a class of
# theirs, with the JVM options of netty-tap.

top=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/..")

launch() {
    "$top/build-module.sh" benchmarks
    # shellcheck disable=SC2086
    exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" "@$top/tap-tools/bin/netty-tap.vmoptions" "-Dnettytap.top=$top" \
        ${NETTY_TAP_JAVA_OPTIONS:-} -cp "$top/benchmarks/target/*:$top/benchmarks/target/lib/*" "$@"
}
