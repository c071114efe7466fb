package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.core.address.AddressPrefix;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Expressions with random sets: their programs are those of the lists written out, and their verdicts are what libpcap's
 * program of the list says, and what the set says of the addresses of a packet, for addresses at the edges of each prefix.
 */
class SetDifferentialTest {
    private static final int PACKETS = 40;
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] MAPPED = HEX.parseHex("00000000000000000000ffff");

    private static final List<LinkType> TYPES = List.copyOf(EnumSet.complementOf(EnumSet.of(LinkType.OTHER)));

    private static final List<Placement> PLACEMENTS =
            List.of(Placement.ETHERNET, Placement.IP, Placement.UDP_SOCKET, Placement.TCP_SOCKET);

    /** Sets that are bound, and what a test of one says about a packet. */
    private record Sets(AddressSet x, AddressSet y) {
        boolean in(AddressSet set, byte[] address) {
            int family = address.length;
            return RandomSets.prefixes(set).stream()
                    .filter(prefix -> prefix.address().getAddress().length == family)
                    .anyMatch(prefix -> begins(address, prefix));
        }

        private static boolean begins(byte[] address, AddressPrefix prefix) {
            byte[] first = prefix.address().getAddress();
            for (int bit = 0; bit < prefix.length(); bit++) {
                int mask = 0x80 >> bit % 8;
                if (((address[bit / 8] ^ first[bit / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }

        boolean source(AddressedPacket packet) {
            return in(x, packet.source);
        }

        boolean destination(AddressedPacket packet) {
            return in(x, packet.destination);
        }

        /** {@return the list of a set's prefixes as an expression, or null if there are none} */
        static @Nullable String list(String before, AddressSet set, int addressLength) {
            String list = RandomSets.prefixes(set).stream()
                    .filter(prefix -> addressLength == 0 || prefix.address().getAddress().length == addressLength)
                    .map(prefix -> before + " net " + prefix)
                    .collect(Collectors.joining(" or "));
            return list.isEmpty() ? null : list;
        }

        /** {@return the three, or null if one is null} */
        static @Nullable String joined(@Nullable String first, @Nullable String second, @Nullable String third) {
            return first == null || second == null || third == null ? null : first + second + third;
        }
    }

    /** An expression with sets, as lists, and as what it says of a packet. */
    private enum Form {
        SOURCE("src net @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return sets.source(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.list("src", sets.x, 0);
            }
        },
        DESTINATION("dst host @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return sets.destination(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.list("dst", sets.x, 0);
            }
        },
        EITHER("net @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return sets.source(packet) || sets.destination(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.list("", sets.x, 0);
            }
        },
        NOT_SOURCE("not src net @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return !sets.source(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.joined("not (", Sets.list("src", sets.x, 0), ")");
            }
        },
        NOT_EITHER("not host @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return !sets.source(packet) && !sets.destination(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.joined("not (", Sets.list("", sets.x, 0), ")");
            }
        },
        BOTH("src and dst net @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return sets.source(packet) && sets.destination(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.joined("(" + Sets.list("src", sets.x, 0) + ") and (", Sets.list("dst", sets.x, 0), ")");
            }
        },
        TWO("src net (@x or @y)") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return sets.source(packet) || sets.in(sets.y, packet.source);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.joined(Sets.list("src", sets.x, 0), " or ", Sets.list("src", sets.y, 0));
            }
        },
        IN_LIST("src net 10.0.0.0/8 or @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return sets.source(packet) || (packet.source.length == 4 && packet.source[0] == 10);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.joined("src net 10.0.0.0/8", " or ", Sets.list("src", sets.x, 0));
            }
        },
        EXCLUDED("ip6 and not src net @x or dst net @y") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return (packet.carrier == AddressedPacket.IP6 && !sets.source(packet))
                        || sets.in(sets.y, packet.destination);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                String excluded = Sets.list("not src", sets.x, 0);
                String all = excluded == null ? null : "ip6 and " + excluded.replace(" or ", " and ");
                return Sets.joined(Sets.joined(all, " or (", Sets.list("dst", sets.y, 0)), ")", "");
            }
        },
        OF_IP("ip src net @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return packet.carrier == AddressedPacket.IP && sets.source(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.list("ip src", sets.x, 4);
            }
        },
        OF_IP6("ip6 dst net @x") {
            @Override
            boolean holds(Sets sets, AddressedPacket packet) {
                return packet.carrier == AddressedPacket.IP6 && sets.destination(packet);
            }

            @Override
            @Nullable
            String written(Sets sets) {
                return Sets.list("ip6 dst", sets.x, 16);
            }
        };

        final String text;

        Form(String text) {
            this.text = text;
        }

        abstract boolean holds(Sets sets, AddressedPacket packet);

        /** {@return the expression without sets, or null if a set is empty: an expression has no empty list} */
        abstract @Nullable String written(Sets sets);
    }

    private long programs;
    private long packets;
    private long kept;
    private long compared;

    @Test
    void saysWhatTheListsSay() throws Exception {
        long seed = Long.getLong("bpf.seed", 1);
        try (Libpcap libpcap = Libpcap.start()) {
            for (int i = 0; i < 60; i++) {
                compare(libpcap, seed + i);
            }
        }
        assertTrue(programs > 180, programs + " programs");
        assertTrue(compared > 100, compared + " programs of libpcap");
        assertTrue(kept > packets / 10 && kept < packets - packets / 10, kept + " of " + packets + " packets kept");
    }

    @Test
    @Tag("soak")
    void forLong() throws Exception {
        long first = System.nanoTime();
        long end = first + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        System.out.println("sets in expressions, first seed " + first);
        try (Libpcap libpcap = Libpcap.start()) {
            for (long seed = first; System.nanoTime() < end; seed++) {
                compare(libpcap, seed);
            }
        }
        System.out.printf(
                "%d programs of sets and lists, %d of libpcap, %d packets, no difference%n",
                programs, compared, packets);
    }

    private void compare(Libpcap libpcap, long seed) throws IOException {
        Random random = new Random(seed);
        RandomSets generator = new RandomSets(random);
        Sets sets = new Sets(generator.next(), generator.next());
        for (int i = 0; i < 4; i++) {
            Form form = Form.values()[random.nextInt(Form.values().length)];
            int where = random.nextInt(TYPES.size() + PLACEMENTS.size());
            LinkType type = where < TYPES.size() ? TYPES.get(where) : null;
            Placement placement = type == null ? PLACEMENTS.get(where - TYPES.size()) : null;
            String what = "seed " + seed + ", " + form + ", " + (type == null ? placement : type) + ", x "
                    + RandomSets.prefixes(sets.x) + ", y " + RandomSets.prefixes(sets.y);
            compare(libpcap, what, generator, random, sets, form, type, placement);
        }
    }

    private void compare(
            Libpcap libpcap,
            String what,
            RandomSets generator,
            Random random,
            Sets sets,
            Form form,
            @Nullable LinkType type,
            @Nullable Placement placement)
            throws IOException {
        Options options =
                Options.DEFAULT.withRejectingAll().withSet("x", sets.x).withSet("y", sets.y);
        Program ours = program(form.text, type, placement, options);
        Program plain = program(form.text, type, placement, options.withoutOptimizer());
        String written = form.written(sets);
        List<Filter> filters = new ArrayList<>(List.of(Filter.interpret(ours), Filter.interpret(plain)));
        if (written != null) {
            assertEquals(program(written, type, placement, options), ours, what);
            assertEquals(program(written, type, placement, options.withoutOptimizer()), plain, what);
            programs++;
            if (type != null && type != LinkType.FRELAY) {
                addLibpcaps(libpcap, written, type, filters);
            }
        }
        List<AddressPrefix> prefixes = new ArrayList<>(RandomSets.prefixes(sets.x));
        prefixes.addAll(RandomSets.prefixes(sets.y));
        List<byte[]> ipv4 = generator.probes(prefixes, 4);
        List<byte[]> ipv6 = generator.probes(prefixes, 16);
        for (int i = 0; i < PACKETS; i++) {
            AddressedPacket packet = packet(random, ipv4, ipv6, type, placement);
            boolean expected = form.holds(sets, packet);
            String which = what + ", carrier " + Integer.toHexString(packet.carrier) + ", from "
                    + HEX.formatHex(packet.source) + " to " + HEX.formatHex(packet.destination);
            agree(sets, packet.source, which);
            agree(sets, packet.destination, which);
            Packet shown = placement == Placement.UDP_SOCKET || placement == Placement.TCP_SOCKET
                    ? packet.ofSocket(placement == Placement.UDP_SOCKET)
                    : packet.of(type != null ? type : placement == Placement.IP ? LinkType.RAW : LinkType.EN10MB);
            for (Filter filter : filters) {
                assertEquals(expected, filter.run(shown) != 0, which);
            }
            packets++;
            kept += expected ? 1 : 0;
        }
    }

    /** The prefixes of a set contain what the set does; for it, a v4-mapped address is an address of IPv4. */
    private static void agree(Sets sets, byte[] address, String which) {
        boolean isMapped = address.length == 16 && Arrays.equals(address, 0, 12, MAPPED, 0, 12);
        if (!isMapped) {
            assertEquals(sets.x.contains(address), sets.in(sets.x, address), which);
        }
    }

    private void addLibpcaps(Libpcap libpcap, String written, LinkType type, List<Filter> filters) throws IOException {
        Libpcap.Compiled theirs = libpcap.compile(written, type, false, false);
        if (theirs.error().isEmpty() && theirs.instructions().size() <= Program.MAX_SIZE) {
            try {
                filters.add(Filter.interpret(Program.ofRaw(theirs.instructions())));
                compared++;
            } catch (VerificationException e) {
                // The kernel would refuse many of its programs for 802.11, which read scratch slots that can be unset.
                assertTrue(type == LinkType.IEEE802_11 || type == LinkType.IEEE802_11_RADIO, e.getMessage());
            }
        }
    }

    private static AddressedPacket packet(
            Random random,
            List<byte[]> ipv4,
            List<byte[]> ipv6,
            @Nullable LinkType type,
            @Nullable Placement placement) {
        boolean hasArp = type == null ? placement == Placement.ETHERNET : AddressedPacket.carriesArp(type);
        int[] carriers = {
            AddressedPacket.IP, AddressedPacket.IP6, AddressedPacket.IP6, AddressedPacket.ARP, AddressedPacket.RARP
        };
        int carrier = carriers[random.nextInt(hasArp ? carriers.length : 3)];
        List<byte[]> probes = carrier == AddressedPacket.IP6 ? ipv6 : ipv4;
        return new AddressedPacket(
                carrier, probes.get(random.nextInt(probes.size())), probes.get(random.nextInt(probes.size())));
    }

    private static Program program(
            String text, @Nullable LinkType type, @Nullable Placement placement, Options options) {
        if (type != null) {
            return FilterExpression.of(text, type, options).program();
        } else if (placement != null) {
            return FilterExpression.of(text, placement, options).program();
        }
        throw new IllegalArgumentException("neither a link type nor a placement");
    }
}
