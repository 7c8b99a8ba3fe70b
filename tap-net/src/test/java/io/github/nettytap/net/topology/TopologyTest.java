/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.VnetHeader;
import io.github.nettytap.net.vxlan.VxlanSettings;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

/** What a network cannot be, and what is said of it. */
class TopologyTest {

    private static InvalidTopologyException refusal(Node... nodes) {
        Topology.Builder builder = Topology.builder();
        for (Node node : nodes) {
            builder.node(node);
        }
        try {
            builder.build();
        } catch (InvalidTopologyException e) {
            return e;
        }
        throw new AssertionError("not refused: nodes=" + List.of(nodes));
    }

    private static SwitchNode lan(String name, Attachment... attachments) {
        SwitchNode.Builder lan = SwitchNode.builder(name);
        for (Attachment attachment : attachments) {
            lan.port(attachment);
        }
        return lan.build();
    }

    private static void assertRefused(InvalidTopologyException refusal, String node, int port, String message) {
        assertThat(refusal).hasMessage(message);
        assertThat(refusal.node()).isEqualTo(node);
        assertThat(refusal.port()).isEqualTo(port);
    }

    @Test
    void namesAreUnique() {
        assertRefused(
                refusal(lan("a"), lan("a")), "a", -1, "two nodes of one name: name=a (expected: a name for each)");
        assertRefused(
                refusal(lan("a", Attachment.tap("t0"), Attachment.tap("t0"))),
                "a",
                1,
                "a port is there twice: port=t0 (expected: once)");
        assertRefused(
                refusal(lan("a", Attachment.tap("t0")), lan("b", Attachment.tap("t0"))),
                "b",
                0,
                "one interface at two ports: port=t0, other=a (expected: an interface for each port; a cable,"
                        + " patch:NAME at both, joins two nodes)");
        assertRefused(
                refusal(lan("a", Attachment.socket("unix:/x")), lan("b", Attachment.socket("unix:/x"))),
                "b",
                0,
                "two ports bind one address: port=unix:/x (expected: an address for each)");
        assertThat(Topology.builder()
                        .node(lan("a", Attachment.tap("t0")))
                        .node(lan("b", Attachment.tap("t0").in("elsewhere")))
                        .build()
                        .nodes())
                .hasSize(2);
    }

    @Test
    void linkHasOnePortAndAHeader() {
        assertRefused(
                refusal(lan("a", Attachment.link("eth0")), lan("b", Attachment.link("eth0"))),
                "b",
                0,
                "one interface at two ports: port=if:eth0, other=a (expected: an interface for each port; a cable,"
                        + " patch:NAME at both, joins two nodes)");
        // It would hear from the kernel what the network has just said to it.
        assertRefused(
                refusal(lan("a", Attachment.tap("t0"), Attachment.link("t0"))),
                "a",
                1,
                "one interface at two ports: port=if:t0, other=a (expected: an interface for each port; a cable,"
                        + " patch:NAME at both, joins two nodes)");
        assertThatThrownBy(() -> Topology.builder()
                        .vnetHeader(VnetHeader.NONE)
                        .node(lan("a", Attachment.link("eth0")))
                        .build())
                .hasMessage("a link needs a virtio-net header of 10 or 12 bytes: port=if:eth0, vnetHeaderSize=0"
                        + " (expected: V1)");
        assertThatThrownBy(() -> Attachment.link(""))
                .hasMessage("no link: port=if: (expected: if:NAME, such as if:eth0)");
    }

    @Test
    void cablesHaveTwoEndsAtTwoNodes() {
        assertRefused(
                refusal(lan("a", Attachment.patch("c"))),
                "a",
                0,
                "cable with one end: port=patch:c (expected: a port of the same name at one other node)");
        assertRefused(
                refusal(
                        lan("a", Attachment.patch("c")),
                        lan("b", Attachment.patch("c")),
                        lan("d", Attachment.tap("t0"), Attachment.patch("c"))),
                "d",
                1,
                "cable with three ends: port=patch:c (expected: two, a name of its own for each cable)");
        assertThatThrownBy(() -> Attachment.patch("a b"))
                .hasMessage(
                        "no name of a cable: name=a b (expected: 1 to 63 letters, digits, and _ . - behind the first)");
    }

    @Test
    void addressesFitTogether() {
        assertRefused(
                refusal(lan(
                        "a",
                        Attachment.tap("t0").in("n").address("10.0.0.1/24"),
                        Attachment.tap("t1").in("n").address("10.0.0.1/24"))),
                "a",
                1,
                "one address at two interfaces: address=10.0.0.1/24 (expected: an address for each in one namespace)");
        assertRefused(
                refusal(RouterNode.builder("r")
                        .port(Attachment.tap("t0"), "10.0.0.1/24")
                        .port(Attachment.tap("t1"), "10.0.0.129/25")
                        .build()),
                "r",
                1,
                "network of two ports: network=10.0.0.129/25, other=10.0.0.1/24, port=t0"
                        + " (expected: a network of its own behind each)");
        assertRefused(
                refusal(RouterNode.builder("r")
                        .port(Attachment.tap("t0").address("10.0.0.1/24"), "10.0.0.1/24")
                        .build()),
                "r",
                0,
                "one address at both ends of a link: address=10.0.0.1/24"
                        + " (expected: one for the router, and another for the interface)");
        assertThatThrownBy(() -> Attachment.tap("t0").address("10.0.0.2/24").gateway("10.0.1.1"))
                .hasMessage("gateway in no network of the interface: gateway=10.0.1.1, addresses=[10.0.0.2/24]"
                        + " (expected: an address in one of these networks)");
    }

    @Test
    void routesHaveTheirGatewayInANetwork() {
        assertRefused(
                refusal(RouterNode.builder("r")
                        .port(Attachment.tap("t0"), "10.0.0.1/24")
                        .route("0.0.0.0/0", "10.0.1.254")
                        .build()),
                "r",
                -1,
                "gateway on no network of the router: destination=0.0.0.0/0, gateway=10.0.1.254"
                        + " (expected: an address in the network of a port)");
        assertRefused(
                refusal(RouterNode.builder("r")
                        .port(Attachment.tap("t0"), "10.0.0.1/24")
                        .route("::/0", "10.0.0.254")
                        .build()),
                "r",
                -1,
                "gateway of another family: destination=::/0, gateway=10.0.0.254"
                        + " (expected: both IPv4 or both IPv6)");
    }

    @Test
    void tunnelsAreApart() throws Exception {
        VxlanNetwork network = new VxlanNetwork(7, List.of(InetAddress.getByName("192.0.2.1")), Map.of());
        VxlanSettings settings = new VxlanSettings(new InetSocketAddress("127.0.0.1", 4789));
        assertRefused(
                refusal(new VxlanNode("v", settings, List.of()), new VxlanNode("w", settings, List.of())),
                "w",
                -1,
                "two endpoints on one address: port=4789, other=v (expected: one endpoint with a port for each network,"
                        + " or another address or UDP port)");
        assertRefused(
                refusal(new VxlanNode(
                        "v",
                        settings,
                        List.of(
                                PortSpec.of(Attachment.tap("t0"), network),
                                PortSpec.of(Attachment.tap("t1"), network)))),
                "v",
                1,
                "two ports in one network: vni=7 (expected: one; a switch joins several, by a cable)");
        assertThatThrownBy(() -> new VxlanNetwork(7, List.of(), Map.of()))
                .hasMessage("no other endpoint: vni=7 (expected: the IP address of one or more)");
    }

    @Test
    void interfacesHaveNamesThatTheKernelTakes() {
        for (String name : List.of("", "a name", "sixteen-bytes-xx", "a/b", "..")) {
            assertThatThrownBy(() -> Attachment.tap(name))
                    .hasMessage("no name of an interface: name=" + name
                            + " (expected: 1 to 15 bytes without blanks, / and :)");
        }
        assertThatThrownBy(() -> Attachment.tap("t0").withMtu(67))
                .hasMessage("no such MTU: mtu=67 (expected: 68 to 65521)");
    }
}
