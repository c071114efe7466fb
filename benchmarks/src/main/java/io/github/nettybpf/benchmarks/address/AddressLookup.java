package io.github.nettybpf.benchmarks.address;

import inet.ipaddr.ipv4.IPv4Address;
import inet.ipaddr.ipv4.IPv4AddressTrie;
import inet.ipaddr.ipv6.IPv6Address;
import inet.ipaddr.ipv6.IPv6AddressTrie;
import io.github.nettybpf.benchmarks.address.AddressLists.Prefix;
import io.github.nettybpf.core.address.AddressSet;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilter;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What looks addresses up in a list of prefixes. Public because code that JMH generates refers to it. */
public enum AddressLookup {
    /** This project's. */
    ADDRESS_SET("AddressSet") {
        @Override
        Predicate<InetSocketAddress> of(List<Prefix> prefixes) {
            AddressSet set = set(prefixes);
            return source -> set.contains(source.getAddress());
        }
    },
    /** Netty's, which is wrong where prefixes overlap. */
    IP_SUBNET_FILTER("IpSubnetFilter") {
        @Override
        Predicate<InetSocketAddress> of(List<Prefix> prefixes) {
            List<IpSubnetFilterRule> rules = new ArrayList<>();
            for (Prefix prefix : prefixes) {
                rules.add(new IpSubnetFilterRule(prefix.address(), prefix.length(), IpFilterRuleType.REJECT));
            }
            SubnetFilter filter = new SubnetFilter(rules);
            return source -> !filter.accepts(source);
        }
    },
    /** The binary trie of the library ipaddress. */
    TRIE("ipaddress trie") {
        @Override
        Predicate<InetSocketAddress> of(List<Prefix> prefixes) {
            IPv4AddressTrie ipv4 = new IPv4AddressTrie();
            IPv6AddressTrie ipv6 = new IPv6AddressTrie();
            for (Prefix prefix : prefixes) {
                byte[] bytes = prefix.address().getAddress();
                if (prefix.isIpv4()) {
                    ipv4.add(new IPv4Address(bytes, prefix.length()).toPrefixBlock());
                } else {
                    ipv6.add(new IPv6Address(bytes, prefix.length()).toPrefixBlock());
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
    /** Of the first addresses of the prefixes alone: it knows no prefixes. */
    HASH_SET("HashSet") {
        @Override
        Predicate<InetSocketAddress> of(List<Prefix> prefixes) {
            Set<InetAddress> set = new HashSet<>();
            prefixes.forEach(prefix -> set.add(prefix.address()));
            return source -> set.contains(source.getAddress());
        }
    },
    /** Looks nothing up: what it costs to read the bytes of the address. */
    NOTHING("no lookup") {
        @Override
        Predicate<InetSocketAddress> of(List<Prefix> prefixes) {
            return source -> {
                byte[] bytes = source.getAddress().getAddress();
                return bytes[bytes.length - 1] < 0;
            };
        }
    };

    final String title;

    AddressLookup(String title) {
        this.title = title;
    }

    abstract Predicate<InetSocketAddress> of(List<Prefix> prefixes);

    static AddressSet set(List<Prefix> prefixes) {
        AddressSet.Builder builder = AddressSet.builder();
        prefixes.forEach(prefix -> builder.add(prefix.address(), prefix.length()));
        return builder.build();
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
}
