/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.nettytap.codec.wire.Cidr;
import io.github.nettytap.net.port.socket.SocketPortAddress;
import io.github.nettytap.net.routing.dns.DnsSettings;
import io.github.nettytap.net.routing.nat.PortForward;
import io.github.nettytap.net.topology.Attachment;
import io.github.nettytap.net.topology.LinkAttachment;
import io.github.nettytap.net.topology.LinkFaults;
import io.github.nettytap.net.topology.RouterNode;
import io.github.nettytap.net.topology.SwitchNode;
import io.github.nettytap.net.topology.TapAttachment;
import io.github.nettytap.net.topology.Topology;
import io.github.nettytap.net.topology.VxlanNode;
import io.github.nettytap.transport.channel.TapIoType;
import io.github.nettytap.transport.device.OffloadRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

class LabFileTest {

    private static Topology parse(String text) {
        return LabFile.parse("lab.yaml", text, List.of());
    }

    @Test
    void aRouterAnswersQueriesByItsNameServersOrThoseOfThePort() throws Exception {
        RouterNode gate = (RouterNode) parse("""
                        routers:
                          gate:
                            dns: [192.0.2.53, "2001:db8::53"]
                            ports:
                              - name: tap0
                                addresses: 10.0.0.1/24
                                dns: true
                                domain: lab.example
                              - name: tap1
                                addresses: 10.0.1.1/24
                                dns: [192.0.2.54]
                              - name: tap2
                                addresses: 10.0.2.1/24
                                dns: false
                        """).node("gate").orElseThrow();
        List<InetAddress> both = List.of(InetAddress.getByName("192.0.2.53"), InetAddress.getByName("2001:db8::53"));
        assertThat(gate.ports().stream().map(port -> port.settings().dns()))
                .containsExactly(
                        DnsSettings.answering(both).withDomain("lab.example", List.of()),
                        DnsSettings.answering(List.of(InetAddress.getByName("192.0.2.54"))),
                        DnsSettings.telling(both));
    }

    @Test
    void wholeNetworkIsRead() {
        Topology network = parse("""
            io: io_uring
            offloads: none
            switches:
              lan:
                threads: 2
                fdb-capacity: 100
                ageing: 60s
                snooping: true
                forward: [lldp]
                ports:
                  - tap0,vlan=10
                  - name: tap1
                    trunk: [10, 20]
                    offloads: all
                    capture: tap1.pcapng
                    link: {delay: 20ms, jitter: 5ms, loss: 0.5%, corrupt: 1%, duplicate: 2%, reorder: 3%,
                           rate: 1.5M, queue: 50, seed: 7}
                    interface:
                      namespace: red
                      addresses: [10.0.0.2/24, "fd00::2/64"]
                      gateway: [10.0.0.1, "fd00::1"]
                      mtu: 1400
                      mac: 02:00:00:00:00:09
                  - patch:up
                  - "unix:/run/lan.sock"
            routers:
              gate:
                ports:
                  - patch:up=10.0.0.1/24
                  - name: tap2
                    addresses: [10.0.1.1/24, "2001:db8::1/64"]
                    advertise: true
                    nat: false
                    dhcp: 10.0.1.100-10.0.1.199
                    domain: lab.example
                routes: [0.0.0.0/0=10.0.1.254]
                dns: [10.0.0.53]
            vxlan:
              tunnel:
                local: 127.0.0.1
                port: 4790
                remote: 127.0.0.2
                ports: ["tap3,vni=7", {name: tap4, vni: 8, remote: [127.0.0.3]}]
            """);
        assertThat(network.io()).isEqualTo(TapIoType.IO_URING);
        SwitchNode lan = (SwitchNode) network.node("lan").orElseThrow();
        assertThat(lan.threads()).isEqualTo(2);
        assertThat(lan.settings().fdbCapacity()).isEqualTo(100);
        assertThat(lan.settings().ageingSeconds()).isEqualTo(60);
        assertThat(lan.settings().snooping()).isTrue();
        assertThat(lan.settings().forwarded()).hasSize(1);
        assertThat(lan.ports().get(0).settings().vlans()).hasToString("vlan=10");
        assertThat(((TapAttachment) lan.ports().get(0).attachment()).offloads()).isEqualTo(OffloadRequest.NONE);
        assertThat(lan.ports().get(1).faults())
                .isEqualTo(new LinkFaults(
                        0.005, 0.01, 0.02, 0.03, Duration.ofMillis(20), Duration.ofMillis(5), 1_500_000, 50, 7));
        assertThat(lan.ports().get(1).capture()).isEqualTo(Path.of("tap1.pcapng"));
        TapAttachment tap = (TapAttachment) lan.ports().get(1).attachment();
        assertThat(tap.namespace()).isEqualTo(new TapAttachment.Namespace.Named("red"));
        assertThat(tap.addresses()).containsExactly(Cidr.parse("10.0.0.2/24"), Cidr.parse("fd00::2/64"));
        assertThat(tap.gateways()).hasSize(2);
        assertThat(tap.mtu()).isEqualTo(1400);
        assertThat(tap.mac()).hasToString("02:00:00:00:00:09");
        assertThat(tap.offloads()).isEqualTo(OffloadRequest.BEST_AVAILABLE);
        assertThat(lan.ports().get(2).attachment()).isEqualTo(Attachment.patch("up"));
        assertThat(lan.ports().get(3).attachment())
                .isEqualTo(new Attachment.Socket(SocketPortAddress.parse("unix:/run/lan.sock")));
        RouterNode gate = (RouterNode) network.node("gate").orElseThrow();
        assertThat(gate.ports().get(1).settings().advertises()).isTrue();
        assertThat(gate.ports().get(1).settings().translates()).isFalse();
        assertThat(gate.ports().get(1).settings().dns().domain()).isEqualTo("lab.example");
        assertThat(gate.ports().get(1).settings().dns().servers()).hasSize(1);
        assertThat(gate.routes()).containsKey(Cidr.parse("0.0.0.0/0"));
        VxlanNode tunnel = (VxlanNode) network.node("tunnel").orElseThrow();
        assertThat(tunnel.settings().local().getPort()).isEqualTo(4790);
        assertThat(tunnel.ports()).extracting(port -> port.settings().vni()).containsExactly(7, 8);
        assertThat(tunnel.ports().get(1).settings().remotes()).hasSize(2);
    }

    @Test
    void linksOfTheKernelArePortsOfAnyNode() {
        Topology network = parse("""
            switches: {lan: {ports: ["if:eth0,vlan=10", {name: if:eth1, offloads: none, link: {delay: 1ms}}]}}
            routers: {gate: {ports: ["if:eth2=192.0.2.1/24,mtu=1400"]}}
            vxlan: {tunnel: {remote: 127.0.0.2, ports: [{name: if:eth3, vni: 7}]}}
            """);
        SwitchNode lan = (SwitchNode) network.node("lan").orElseThrow();
        assertThat(lan.ports().get(0).attachment()).isEqualTo(Attachment.link("eth0"));
        assertThat(lan.ports().get(0).settings().vlans()).hasToString("vlan=10");
        assertThat(lan.ports().get(1).attachment()).isEqualTo(new LinkAttachment("eth1", false, null));
        assertThat(network.node("gate").orElseThrow().ports().get(0).attachment())
                .isEqualTo(new LinkAttachment("eth2", true, 1400));
        assertThat(network.node("tunnel").orElseThrow().ports().get(0).attachment())
                .isEqualTo(Attachment.link("eth3"));
    }

    @Test
    void sameTextIsTheSameNetwork() {
        String text = "switches: {lan: {ports: [{name: tap0, link: {delay: 1ms}, static: ['02:00:00:00:00:01']}]}}";
        assertThat(parse(text)).isEqualTo(parse(text));
        assertThat(parse(text)).isNotEqualTo(parse(text.replace("1ms", "2ms")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
        hosts: {}                                                          | 1:1: hosts: no such key (expected: one of switches, routers, vxlan, io, offloads)
        [tap0]                                                             | 1:1: no configuration: value=a list (expected: a mapping with the keys switches, routers, vxlan, io, offloads)
        switches: {}                                                       | 1:1: no node (expected: one or more under switches, routers or vxlan)
        switches: [lan]                                                    | 1:11: switches: value=a list (expected: a mapping from names to switches)
        switches: {lan: tap0}                                              | 1:17: lan: value=tap0 (expected: a mapping with keys of ports, threads, fdb-capacity, ageing, snooping, forward, mirror)
        switches: {lan: {}}                                                | 1:17: lan: no ports (expected: the key ports)
        switches: {lan: {ports: tap0}}                                     | 1:25: ports: value=tap0 (expected: a list of ports)
        switches: {lan: {ports: [tap0], lan: {ports: []}}}                 | 1:33: lan: no such key (expected: one of ports, threads, fdb-capacity, ageing, snooping, forward, mirror)
        switches: {a: {ports: []}, a: {ports: []}}                         | 1:28: a: the key is there twice: line=1 (expected: once)
        switches: {'a b': {ports: []}}                                     | 1:12: a b: no name of a switch: name=a b (expected: 1 to 63 letters, digits, and _ . - behind the first)
        switches: {a: {threads: 0, ports: []}}                             | 1:25: threads: value=0 (expected: 1 to 1024)
        switches: {a: {ports: [{name: t0, link: {delay: slow}}]}}          | 1:49: delay: value=slow (expected: a time such as 20ms or 1s)
        switches: {a: {ports: [{name: t0, link: {loss: 5}}]}}              | 1:48: loss: value=5 (expected: 0% to 100%)
        switches: {a: {ports: [{name: t0, link: {rate: fast}}]}}           | 1:48: rate: value=fast (expected: bits a second, such as 64k, 10M or 1G)
        switches: {a: {ports: [{name: t0, link: {lag: 5}}]}}               | 1:42: lag: no such key (expected: one of delay, jitter, loss, corrupt, duplicate, reorder, rate, queue, seed)
        switches: {a: {ports: [{name: t0, interface: {address: 1}}]}}      | 1:47: address: no such key (expected: one of namespace, addresses, gateway, mtu, mac)
        switches: {a: {ports: [{name: t0, interface: {addresses: 10.0.0.1}}]}} | 1:58: addresses: value=10.0.0.1 (expected: ADDRESS/LENGTH, such as 10.0.0.2/24)
        switches: {a: {ports: [{name: t0, interface: {gateway: 10.0.0.1}}]}} | 1:56: interface: gateway in no network of the interface: gateway=10.0.0.1, addresses=[] (expected: an address in one of these networks)
        switches: {a: {ports: [{name: t0, interface: {mtu: 1}}]}}          | 1:52: mtu: value=1 (expected: 68 to 65521)
        switches: {a: {ports: [{name: t0, interface: {mac: x}}]}}          | 1:52: mac: value=x (expected: a MAC address of a host, such as 02:00:00:00:00:01)
        switches: {a: {ports: [{name: 'patch:x', interface: {mtu: 1400}}]}} | 1:53: interface: only a TAP has one: port=patch:x (expected: no such key, or the name of a TAP)
        switches: {a: {ports: [{name: 'if:x', interface: {mtu: 1400}}]}}   | 1:50: interface: only a TAP has one: port=if:x (expected: no such key, or the name of a TAP)
        switches: {a: {ports: ['if:']}}                                    | 1:24: ports: no link: port=if: (expected: if:NAME, such as if:eth0)
        switches: {a: {ports: ['patch:x']}}                                | 1:24: a: cable with one end: port=patch:x (expected: a port of the same name at one other node)
        switches: {a: {ports: [t0, t0]}}                                   | 1:28: a: a port is there twice: port=t0 (expected: once)
        switches: {a: {ports: [t0]}, b: {ports: [t1, t0]}}                 | 1:46: b: one interface at two ports: port=t0, other=a (expected: an interface for each port; a cable, patch:NAME at both, joins two nodes)
        switches: {a: {mirror: t9, ports: [t0]}}                           | 1:24: mirror: no such port to mirror: port=t9 (expected: one of t0)
        routers: {r: {ports: [t0]}}                                        | 1:23: ports: no addresses: port=t0 (expected: TAP=ADDRESS/LENGTH, for example tap0=10.0.0.1/24)
        routers: {r: {ports: [{name: t0}]}}                                | 1:23: ports: a port without a name or addresses (expected: both keys)
        routers: {r: {ports: [{name: t0, addresses: 10.0.0.0/24}]}}        | 1:45: addresses: not an address of a router: address=10.0.0.0/24 (expected: neither the first nor the last of its network, a group, loopback, nor unspecified)
        routers: {r: {ports: [{name: t0, addresses: 10.0.0.1/24, dhcp: 10.0.1.1-10.0.1.9}]}} | 1:64: dhcp: no network of this port for the leases: first=10.0.1.1, last=10.0.1.9 (expected: all in one network of the port, without its own, its first and its last address)
        routers: {r: {ports: [{name: t0, addresses: 10.0.0.1/24, nat: yes}]}} | 1:63: nat: value=yes (expected: true or false)
        routers: {r: {ports: [t0=10.0.0.1/24], routes: 10.1.0.0/16}}       | 1:48: routes: value=10.1.0.0/16 (expected: PREFIX=GATEWAY, such as 0.0.0.0/0=10.0.0.254)
        routers: {r: {ports: [t0=10.0.0.1/24], routes: 10.1.0.0/16=10.2.0.1}} | 1:11: r: gateway on no network of the router: destination=10.1.0.0/16, gateway=10.2.0.1 (expected: an address in the network of a port)
        routers: {r: {ports: [t0=10.0.0.1/24, t1=10.0.0.9/24]}}            | 1:39: r: network of two ports: network=10.0.0.9/24, other=10.0.0.1/24, port=t0 (expected: a network of its own behind each)
        vxlan: {v: {ports: ['t0,vni=7']}}                                  | 1:21: ports: no other endpoint: vni=7 (expected: the IP address of one or more)
        vxlan: {v: {remote: nowhere, ports: []}}                           | 1:21: remote: value=nowhere (expected: an IP address)
        vxlan: {v: {ports: [{name: t0, vni: -1}]}}                         | 1:37: vni: value=-1 (expected: 0 to 16777215)
        """)
    void whatIsWrongIsToldWithItsPlaceAndWhatIsAllowed(String text, String complaint) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lab.yaml:" + complaint);
    }

    @Test
    void portsOfNatAreForwarded() {
        RouterNode gate = (RouterNode) parse("""
            routers:
              gate:
                ports:
                  - tap0=10.0.0.1/24
                  - name: tap1
                    addresses: 192.0.2.1/24
                    nat: true
                    forward: ["tcp:2222->10.0.0.2:22", "udp:192.0.2.1:53->10.0.0.2:53"]
            """).node("gate").orElseThrow();
        assertThat(gate.ports().get(1).settings().forwards())
                .map(PortForward::toString)
                .containsExactly("tcp:2222->10.0.0.2:22", "udp:192.0.2.1:53->10.0.0.2:53");
        assertThatThrownBy(() -> parse("""
            routers: {r: {ports: [{name: t0, addresses: 10.0.0.1/24, nat: true, forward: 22}]}}
            """))
                .hasMessageStartingWith("lab.yaml:1:78: forward: no port forward: forward=22");
    }

    @Test
    void lineOfAnyPortIsTold() {
        assertThatThrownBy(() -> parse("""
            switches:
              one:
                ports:
                  - tap0
                  - patch:up
              two:
                ports: [patch:up, patch:down]
            """))
                .hasMessage("lab.yaml:7:23: two: cable with one end: port=patch:down"
                        + " (expected: a port of the same name at one other node)");
    }

    @Test
    void exampleOfTheDocumentationIsRight() throws Exception {
        Path example = Path.of("../docs/lab.yaml");
        assertThat(LabFile.read(example).nodes()).hasSize(5);
        assertThat(Files.readString(Path.of("../docs/lab.md"))).contains(Files.readString(example));
    }
}
