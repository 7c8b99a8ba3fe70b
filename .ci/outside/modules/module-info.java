/** The same program on the module path. */
module com.example.channel {
    requires io.github.nettytap.transport;
}
