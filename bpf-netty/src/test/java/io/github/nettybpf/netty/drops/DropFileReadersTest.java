package io.github.nettybpf.netty.drops;

import static io.github.nettybpf.netty.drops.Samples.RULE;
import static io.github.nettybpf.netty.drops.Samples.TIME;
import static io.github.nettybpf.netty.drops.Samples.address;
import static io.github.nettybpf.netty.drops.Samples.datagram;
import static io.github.nettybpf.netty.drops.Samples.frame;
import static io.github.nettybpf.netty.drops.Samples.hex;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tcpdump and tshark read in files of dropped packets. */
class DropFileReadersTest {
    @TempDir
    private Path directory;

    private Path path() {
        return directory.resolve("drops.pcapng");
    }

    private static String run(Path in, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .start();
            assertTrue(process.waitFor(5, TimeUnit.MINUTES));
            return Files.readString(out);
        } finally {
            Files.delete(out);
        }
    }

    private static boolean has(String program) {
        return Stream.of("/usr/bin/", "/usr/sbin/").anyMatch(folder -> Files.isExecutable(Path.of(folder + program)));
    }

    @Test
    void tcpdumpPrintsThePackets() throws IOException, InterruptedException {
        assumeTrue(has("tcpdump"), "no tcpdump");
        try (DropFile file = DropFile.open(path(), DropFile.MIN_BYTES, 0)) {
            file.dropped(datagram(new byte[3], 3, address("192.0.2.1", 40000), address("192.0.2.2", 40001)));
            file.dropped(datagram(new byte[4], 4, address("2001:db8::1", 40000), address("2001:db8::2", 40001)));
            byte[] mapped = hex("00000000000000000000ffffc0000203");
            file.dropped(datagram(
                    new byte[5],
                    5,
                    new InetSocketAddress(Inet6Address.getByAddress(null, mapped, -1), 40000),
                    address("::", 40001)));
            file.dropped(datagram(new byte[6], 6, address("2001:db8::1", 40000), address("0.0.0.0", 40001)));
            file.dropped(datagram(new byte[7], 7, address("2001:db8::1", 40000), address("192.0.2.2", 40001)));
            file.dropped(datagram(new byte[8], 8, null, address("192.0.2.2", 40001)));
            file.dropped(datagram(new byte[9], 9, address("192.0.2.1", 40000), null));
            file.dropped(datagram(new byte[65507], 65507, address("192.0.2.1", 40000), address("192.0.2.2", 40001)));
            file.dropped(datagram(new byte[0], 0, InetSocketAddress.createUnresolved("nowhere", 9), null));
            // Before it is closed.
            String printed = run(path(), "tcpdump", "-nvvtr", "-");
            assertEquals("""
                    reading from file -, link-type RAW (Raw IP), snapshot length 262144
                    IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto UDP (17), length 31)
                        192.0.2.1.40000 > 192.0.2.2.40001: [udp sum ok] UDP, length 3
                    IP6 (hlim 64, next-header UDP (17) payload length: 12) 2001:db8::1.40000 > 2001:db8::2.40001: [udp sum ok] UDP, length 4
                    IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto UDP (17), length 33)
                        192.0.2.3.40000 > 0.0.0.0.40001: [udp sum ok] UDP, length 5
                    IP6 (hlim 64, next-header UDP (17) payload length: 14) 2001:db8::1.40000 > ::.40001: [udp sum ok] UDP, length 6
                    IP6 (hlim 64, next-header UDP (17) payload length: 15) 2001:db8::1.40000 > ::ffff:192.0.2.2.40001: [udp sum ok] UDP, length 7
                    IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto UDP (17), length 36)
                        0.0.0.0.0 > 192.0.2.2.40001: [udp sum ok] UDP, length 8
                    IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto UDP (17), length 37)
                        192.0.2.1.40000 > 0.0.0.0.0: [udp sum ok] UDP, length 9
                    IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto UDP (17), length 65535)
                        192.0.2.1.40000 > 192.0.2.2.40001: [udp sum ok] UDP, length 65507
                    IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto UDP (17), length 28)
                        0.0.0.0.9 > 0.0.0.0.0: [udp sum ok] UDP, length 0
                    """, printed);
        }
    }

    @Test
    void tsharkShowsTheCommentsAndNoMalformedPacket() throws IOException, InterruptedException {
        assumeTrue(has("tshark"), "no tshark");
        try (DropFile file = DropFile.open(path(), DropFile.MIN_BYTES, 0)) {
            file.dropped(datagram(new byte[3], 3, address("192.0.2.1", 40000), address("192.0.2.2", 40001)));
            file.dropped(datagram(new byte[4], 400, address("2001:db8::1", 40000), address("2001:db8::2", 7001)));
            file.dropped(datagram(new byte[65535], 70000, address("192.0.2.1", 40000), address("192.0.2.2", 7002)));
            file.dropped(new DroppedPacket(
                    TIME,
                    new byte[] {1},
                    1,
                    true,
                    address("192.0.2.1", 1),
                    null,
                    Placement.PAYLOAD,
                    DropReason.SHADOW_DROPS,
                    "",
                    1,
                    true));
            file.dropped(frame(Placement.ETHERNET, hex("ffffffffffff02000000000188b5" + "00".repeat(46))));
            file.dropped(frame(Placement.IP, hex("4500001400000000 40fd f7e8 c0000201 c0000202")));
            file.dropped(frame(Placement.PAYLOAD, new byte[] {1, 2}));
            file.dropped(new DroppedPacket(
                    TIME,
                    new byte[] {1, 2, 3, 4},
                    4,
                    false,
                    address("192.0.2.1", 1),
                    null,
                    Placement.PAYLOAD,
                    DropReason.NOT_KNOWN,
                    "",
                    1,
                    false));
            file.dropped(frame(Placement.TCP_SOCKET, new byte[] {1, 2, 3}));
        }
        String made = "IP and UDP header made up from the addresses";
        String program = "dropped by the program: " + RULE + "; 1 in 50; " + made;
        // -o: checksums are only told where they are asked for.
        String printed = run(
                path(),
                ("tshark -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -r - -T fields -E separator=/s"
                                + " -e frame.interface_name -e frame.len -e frame.cap_len -e frame.time_epoch"
                                + " -e udp.dstport -e udp.checksum.status -e frame.packet_flags_direction"
                                + " -e frame.comment")
                        .split(" "));
        assertEquals(
                String.join(
                        "\n",
                        "netty-bpf udp_socket 31 31 1767323045.000000006 40001 1 0x00000001 " + program,
                        "netty-bpf udp_socket 448 52 1767323045.000000006 7001 2 0x00000001 " + program,
                        "netty-bpf udp_socket 70028 65535 1767323045.000000006 7002 1 0x00000001 " + program,
                        "netty-bpf payload 29 29 1767323045.000000006 0 1 0x00000001 kept, and the shadow program drops"
                                + " it; " + made,
                        "netty-bpf ethernet 60 60 1767323045.000000006   0x00000001 its source is denied",
                        "netty-bpf ip 20 20 1767323045.000000006   0x00000001 its source is denied",
                        "netty-bpf payload 2 2 1767323045.000000006   0x00000001 its source is denied",
                        "netty-bpf payload 4 4 1767323045.000000006   0x00000001 dropped because the program reads what"
                                + " is not known here",
                        "netty-bpf tcp_socket 3 3 1767323045.000000006   0x00000001 its source is denied",
                        ""),
                printed.lines()
                        .filter(line -> !line.startsWith("Running as"))
                        .collect(Collectors.joining("\n", "", "\n")));
        String wrong = run(path(), "tshark", "-r", "-", "-Y", "_ws.malformed || _ws.expert.severity == error");
        assertEquals(
                "", wrong.lines().filter(line -> !line.startsWith("Running as")).collect(Collectors.joining("\n")));
    }

    @Test
    void tcpdumpOpensOneWithoutSamples() throws IOException, InterruptedException {
        assumeTrue(has("tcpdump"), "no tcpdump");
        DropFile.open(path(), DropFile.MIN_BYTES, 0).close();
        assertEquals(
                "reading from file -, link-type RAW (Raw IP), snapshot length 262144\n",
                run(path(), "tcpdump", "-nr", "-"));
    }
}
