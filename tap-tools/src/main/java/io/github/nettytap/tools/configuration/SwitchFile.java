/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import io.github.nettytap.codec.pcap.PcapngWriter;
import io.github.nettytap.net.switching.policy.ReservedGroup;
import io.github.nettytap.net.switching.policy.SwitchSettings;
import io.github.nettytap.tools.argument.Directions;
import io.github.nettytap.tools.argument.DurationConverter;
import io.github.nettytap.tools.argument.IoConverter;
import io.github.nettytap.tools.argument.MirrorArgument;
import io.github.nettytap.tools.argument.Offloads;
import io.github.nettytap.tools.argument.PortArgument;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The configuration of a switch: a YAML file whose keys are the options of the command line, and {@code ports}.
 *
 * <p>It is read as nodes, not as objects, so that every complaint can tell its line and column.
 */
public final class SwitchFile {

    private static final String PORTS = "ports";

    private static final Map<String, YamlValue> OPTIONS = options();

    private final Map<String, Object> values = new LinkedHashMap<>();

    private SwitchFile() {}

    private static Map<String, YamlValue> options() {
        Map<String, YamlValue> options = new LinkedHashMap<>();
        options.put("offloads", YamlValue.constant(Offloads.class, "all or none"));
        options.put("io", YamlValue.converted("epoll, io_uring or auto", new IoConverter()));
        options.put("threads", YamlValue.number(1, 1024));
        options.put("mtu", YamlValue.number(68, 65_521));
        options.put("fdb-capacity", YamlValue.number(1, SwitchSettings.MAX_FDB_CAPACITY));
        options.put("stations", YamlValue.number(1, SwitchSettings.MAX_FDB_CAPACITY));
        options.put("ageing", YamlValue.converted("a time such as 300s or 5min", new DurationConverter()));
        options.put("mirror", YamlValue.converted("PORT or PORT=PORT+PORT…", new MirrorArgument.Converter()));
        options.put("snooping", YamlValue.flag());
        options.put("forward", new YamlValue("protocols such as stp,lldp", SwitchFile::protocols));
        options.put("group-members", YamlValue.number(1, SwitchSettings.MAX_GROUP_MEMBERS));
        options.put("group-members-per-port", YamlValue.number(1, SwitchSettings.MAX_GROUP_MEMBERS));
        options.put("stats", YamlValue.converted("a time such as 500ms or 1s", new DurationConverter()));
        options.put("json", YamlValue.flag());
        options.put("capture", YamlValue.path());
        options.put("capture-direction", YamlValue.constant(Directions.class, "in, out or inout"));
        options.put("capture-snap", YamlValue.number(1, PcapngWriter.MAX_SNAP_LENGTH));
        options.put("control", YamlValue.path());
        return options;
    }

    private static List<String> protocols(String text) {
        List<String> names = List.of(text.split(",", -1));
        names.forEach(ReservedGroup::of);
        return names;
    }

    /** The keys of a file. */
    public static List<String> keys() {
        List<String> keys = new ArrayList<>(List.of(PORTS));
        keys.addAll(OPTIONS.keySet());
        return keys;
    }

    /**
     * Reads a file.
     *
     * @param file its path
     * @throws IllegalArgumentException if it is not what it should be
     */
    public static SwitchFile read(Path file) throws IOException {
        return parse(file.toString(), YamlText.read(file));
    }

    /**
     * Reads the text of a file.
     *
     * @param name for messages
     * @param text the whole of it
     */
    static SwitchFile parse(String name, String text) {
        try {
            return parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ":" + e.getMessage(), e);
        }
    }

    private static SwitchFile parse(String text) {
        SwitchFile file = new SwitchFile();
        new YamlMapping(YamlText.compose(text, keys()), keys())
                .forEach((key, value) -> file.values.put(
                        key, key.equals(PORTS) ? ports(value) : OPTIONS.get(key).read(key, value)));
        return file;
    }

    private static List<PortArgument> ports(Node value) {
        if (!(value instanceof SequenceNode)) {
            throw YamlMapping.wrong(PORTS, value, "a list of ports");
        }
        List<PortArgument> ports = new ArrayList<>();
        for (Node port : ((SequenceNode) value).getValue()) {
            ports.add(PortNode.read(port));
            try {
                PortArgument.checkDistinct(ports);
            } catch (IllegalArgumentException e) {
                throw new YamlException(port.getStartMark(), PORTS + ": " + e.getMessage());
            }
        }
        return ports;
    }

    /** What the file says of a key, or null. */
    Object get(String key) {
        return values.get(key);
    }

    /** The ports; none if the file has none. */
    @SuppressWarnings("unchecked")
    public List<PortArgument> ports() {
        return (List<PortArgument>) values.getOrDefault(PORTS, List.of());
    }

    /** Sets the options that were not given on the command line. */
    public void applyTo(CommandSpec spec) {
        ParseResult given = spec.commandLine().getParseResult();
        values.forEach((key, value) -> {
            if (!key.equals(PORTS) && !given.hasMatchedOption("--" + key)) {
                set(spec.findOption("--" + key), value);
            }
        });
    }

    private static void set(OptionSpec option, Object value) {
        try {
            option.setter().set(value);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
