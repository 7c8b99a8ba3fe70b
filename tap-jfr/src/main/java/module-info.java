/** What netty-tap does, as events of Java Flight Recorder. */
module io.github.nettytap.jfr {
    requires transitive io.github.nettytap.net;
    requires jdk.jfr;

    exports io.github.nettytap.jfr;
}
