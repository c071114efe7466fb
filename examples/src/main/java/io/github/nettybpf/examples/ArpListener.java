package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.packet.PacketFrame;
import io.netty.channel.ChannelHandlerContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Prints the ARP, RARP and InARP packets of a network, keeps a table of the neighbours, and flags an address that two
 * hardware addresses claim or probe. Needs CAP_NET_RAW. Try: {@code examples/run ArpListener -i eth0}, and then {@code
 * ping} a neighbour.
 */
@Command(
        name = "ArpListener",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        description = "Prints the ARP, RARP and InARP packets of a network, and flags an address that two hardware "
                + "addresses claim or probe. Lists the neighbours, and counters, at the end and on SIGUSR1.")
public final class ArpListener extends ListeningProgram {
    /** Offset 0 is the Ethernet header, 14 bytes long. */
    static final Program ARP = Program.parse("""
                  ldh [12]
                  jeq #0x8035, both         ; RARP
                  jne #0x0806, drop         ; ARP
            both: ld [14]
                  jne #0x00010800, drop     ; of IPv4 addresses on Ethernet
                  ldh [20]
                  jgt #9, drop
                  jgt #7, keep              ; InARP
                  jgt #4, drop
                  jge #1, keep              ; a request, a reply, and those of RARP
            drop: ret #0
            keep: ret #42                   ; without the padding
            """);

    private static final int NEIGHBOURS = 4096;

    @Option(
            names = "--vendors",
            paramLabel = "FILE",
            description =
                    "The IEEE's list of address blocks (default: /usr/share/ieee-data/oui.txt of Debian's package "
                            + "ieee-data, if it is there).")
    private @Nullable Path vendors;

    private ArpListener() {}

    /** Listens until it is interrupted, and then prints the table; {@code --help} describes the arguments. */
    public static void main(String[] args) {
        main(new ArpListener(), args);
    }

    @Override
    public Integer call() throws InterruptedException, Refusal {
        return listen(ARP, out -> new Watch(out, onlyNew(), names()));
    }

    private Vendors names() throws Refusal {
        Path file = vendors == null ? Vendors.FILE : vendors;
        try {
            return (vendors != null || Files.exists(file)) ? Vendors.read(file) : Vendors.NONE;
        } catch (IOException e) {
            throw new Refusal("vendors: " + e);
        }
    }

    static final class Watch extends FrameHandler {
        private final NeighbourTable neighbours;
        private final boolean onlyNew;

        /** @param onlyNew whether packets that say nothing new are not reported */
        Watch(Consumer<Event> out, boolean onlyNew, Vendors vendors) {
            super(out);
            this.onlyNew = onlyNew;
            this.neighbours = new NeighbourTable(NEIGHBOURS, vendors);
        }

        @Override
        void read(ChannelHandlerContext ctx, PacketFrame frame) throws MalformedPacketException {
            ArpPacket packet = ArpPacket.parse(frame.content());
            if (!onlyNew) {
                out.accept(Event.of("packet", packet.toString(), frame)
                        .with("kind", packet.kind())
                        .with("from", packet.from())
                        .with("sender", packet.sender())
                        .with("sender_ip", packet.senderIp())
                        .with("target", packet.target())
                        .with("target_ip", packet.targetIp()));
            }
            neighbours.learn(packet, frame).ifPresent(out);
        }

        @Override
        List<Event> report() {
            return neighbours.neighbours();
        }
    }
}
