/**
 * Hash tables whose keys come from the network: the one way to remember what frames say.
 *
 * <p>Whoever sends frames chooses the keys of such a table, how many there are and in which order they come. A table
 * here holds against that:
 *
 * <ul>
 *   <li>The hash is {@linkplain io.github.nettytap.net.table.KeyedHash keyed} with a secret of the process: nobody
 *       outside can choose keys that meet in one bucket. Should many meet all the same, a bucket has a bound.
 *   <li>Each entry has an owner: a port, an inside host, a remote endpoint. An owner has a budget. Beyond it, a new
 *       entry takes the place of another of the same owner.
 *   <li>A full table evicts the unconfirmed first, the oldest of them first; then from the owner that holds the most.
 *   <li>Adding, finding, refreshing and evicting take a bounded number of steps. Entries expire by a timer wheel;
 *       nothing ever walks the table on the path of a frame.
 *   <li>What was evicted and refused is counted, and any thread may read the counts.
 * </ul>
 *
 * <pre>{@code
 *   final class Peer extends TableEntry {
 *       final InetSocketAddress endpoint;
 *       Peer(int vni, long mac, InetSocketAddress endpoint) { super(vni, 0, mac); this.endpoint = endpoint; }
 *   }
 *   FairTable<Peer> peers = FairTable.<Peer>builder().capacity(65_536).budget(8_192).build();
 *
 *   Peer peer = peers.find(vni, 0, mac);                        // no allocation
 *   if (peer == null && peers.add(peer = new Peer(vni, mac, from), ownerOf(from), now)) { … }
 *   peers.refresh(peer, now, now + 300_000);                    // each frame: two stores
 *   peers.tick(now);                                            // about once a second
 * }</pre>
 *
 * <p>A table is used by one thread. Where several event loops share one, as the FDB of a switch, that table has a
 * layout of its own and takes {@code KeyedHash} from here.
 */
package io.github.nettytap.net.table;
