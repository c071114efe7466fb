package io.github.nettybpf.benchmarks;

import inet.ipaddr.ipv4.IPv4Address;
import inet.ipaddr.ipv4.IPv4AddressTrie;
import inet.ipaddr.ipv6.IPv6Address;
import inet.ipaddr.ipv6.IPv6AddressTrie;
import io.github.nettybpf.core.address.AddressSet;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilter;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Random source addresses, each of which is looked up in a list of random prefixes: half of them are single addresses,
 * the others of 12 to 31 bits (IPv4) or 29 to 64 (IPv6, of 2000::/3). One operation is one lookup; half of the addresses
 * are of the list.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AddressSetBenchmark {
    private static final int LOOKUPS = 1 << 16;

    /** What looks addresses up. Public because code that JMH generates refers to it. */
    public enum Kind {
        /** This project's. */
        ADDRESS_SET {
            @Override
            Predicate<InetSocketAddress> of(List<InetAddress> addresses, List<Integer> lengths) {
                AddressSet.Builder builder = AddressSet.builder();
                for (int i = 0; i < addresses.size(); i++) {
                    builder.add(addresses.get(i), lengths.get(i));
                }
                AddressSet set = builder.build();
                return source -> set.contains(source.getAddress());
            }
        },
        /** Netty's, which is wrong where prefixes overlap. */
        IP_SUBNET_FILTER {
            @Override
            Predicate<InetSocketAddress> of(List<InetAddress> addresses, List<Integer> lengths) {
                List<IpSubnetFilterRule> rules = new ArrayList<>();
                for (int i = 0; i < addresses.size(); i++) {
                    rules.add(new IpSubnetFilterRule(addresses.get(i), lengths.get(i), IpFilterRuleType.REJECT));
                }
                SubnetFilter filter = new SubnetFilter(rules);
                return source -> !filter.accepts(source);
            }
        },
        /** The binary trie of the library ipaddress. */
        TRIE {
            @Override
            Predicate<InetSocketAddress> of(List<InetAddress> addresses, List<Integer> lengths) {
                IPv4AddressTrie ipv4 = new IPv4AddressTrie();
                IPv6AddressTrie ipv6 = new IPv6AddressTrie();
                for (int i = 0; i < addresses.size(); i++) {
                    byte[] bytes = addresses.get(i).getAddress();
                    if (bytes.length == 4) {
                        ipv4.add(new IPv4Address(bytes, lengths.get(i)).toPrefixBlock());
                    } else {
                        ipv6.add(new IPv6Address(bytes, lengths.get(i)).toPrefixBlock());
                    }
                }
                return source -> {
                    byte[] bytes = source.getAddress().getAddress();
                    return bytes.length == 4
                            ? ipv4.elementContains(new IPv4Address(bytes))
                            : ipv6.elementContains(new IPv6Address(bytes));
                };
            }
        },
        /** Of the addresses of the list alone: it knows no prefixes. */
        HASH_SET {
            @Override
            Predicate<InetSocketAddress> of(List<InetAddress> addresses, List<Integer> lengths) {
                Set<InetAddress> set = new HashSet<>(addresses);
                return source -> set.contains(source.getAddress());
            }
        };

        abstract Predicate<InetSocketAddress> of(List<InetAddress> addresses, List<Integer> lengths);
    }

    private static final class SubnetFilter extends IpSubnetFilter {
        SubnetFilter(List<IpSubnetFilterRule> rules) {
            super(rules);
        }

        @SuppressWarnings("DataFlowIssue")
        boolean accepts(InetSocketAddress source) {
            return accept(null, source);
        }
    }

    /** What looks addresses up. */
    @Param
    public Kind kind;

    /** How many prefixes there are. */
    @Param({"10000", "100000", "1000000"})
    public int prefixes;

    /** Whether the addresses are IPv6. */
    @Param({"false", "true"})
    public boolean ipv6;

    private final SplittableRandom random = new SplittableRandom(1);
    private final InetSocketAddress[] sources = new InetSocketAddress[LOOKUPS];
    private Predicate<InetSocketAddress> list;
    private int next;

    /** Makes the list and the addresses. */
    @Setup
    public void make() throws UnknownHostException {
        List<InetAddress> addresses = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < prefixes; i++) {
            boolean isSingle = random.nextBoolean();
            addresses.add(address());
            lengths.add(isSingle ? (ipv6 ? 128 : 32) : ipv6 ? random.nextInt(29, 65) : random.nextInt(12, 32));
        }
        list = kind.of(addresses, lengths);
        for (int i = 0; i < LOOKUPS; i++) {
            InetAddress source = i % 2 == 0 ? address() : addresses.get(random.nextInt(prefixes));
            sources[i] = new InetSocketAddress(InetAddress.getByAddress(source.getAddress()), 1024);
        }
    }

    private InetAddress address() throws UnknownHostException {
        ByteBuffer bytes = ByteBuffer.allocate(ipv6 ? 16 : 4);
        if (ipv6) {
            bytes.putLong(random.nextLong() >>> 3 | 1L << 61).putLong(random.nextLong());
        } else {
            bytes.putInt(random.nextInt());
        }
        return InetAddress.getByAddress(bytes.array());
    }

    /** Looks one address up. */
    @Benchmark
    public boolean contains() {
        return list.test(sources[next++ & (LOOKUPS - 1)]);
    }
}
