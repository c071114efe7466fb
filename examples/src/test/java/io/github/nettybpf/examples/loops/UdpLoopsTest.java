package io.github.nettybpf.examples.loops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.netty.reuseport.ReusePortGroup;
import io.netty.channel.epoll.Epoll;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class UdpLoopsTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @BeforeAll
    static void needsEpoll() {
        Assumptions.assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
    }

    private ReusePortGroup start(String... args) throws IOException {
        UdpLoops program = new UdpLoops();
        new CommandLine(program).parseArgs(args);
        return program.start(new PrintStream(out, true, StandardCharsets.UTF_8));
    }

    private List<String> lines() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    /** {@return the sender's address, after the datagram has come back} */
    private static String echo(ReusePortGroup group, int first) throws IOException {
        try (DatagramSocket sender = new DatagramSocket()) {
            sender.connect(group.localAddress());
            sender.setSoTimeout(120_000);
            sender.send(new DatagramPacket(new byte[] {(byte) first, 7}, 2));
            byte[] answer = new byte[10];
            DatagramPacket received = new DatagramPacket(answer, answer.length);
            sender.receive(received);
            assertEquals(2, received.getLength());
            assertEquals(first, answer[0]);
            return sender.getLocalSocketAddress().toString();
        }
    }

    @Test
    void aProgramChoosesTheLoop() throws IOException {
        Path program = Files.writeString(folder.resolve("first-byte"), "ldb [0]\nret a\n");
        ReusePortGroup group = start("--port", "0", "--loops", "3", "--steer", "program", program.toString());
        assertEquals(group.localAddress() + ", by a program of 2 instructions, 3 slots", lines().get(0));
        for (int loop : new int[] {2, 0, 1}) {
            String source = echo(group, loop);
            String line = lines().get(lines().size() - 1);
            assertTrue(line.startsWith("loop " + loop + " (") && line.endsWith(") gets " + source), line);
        }
        group.close().syncUninterruptibly();
    }

    @ParameterizedTest
    @CsvSource({"cpu, by CPU", "source, by source address and port", "address, by source address"})
    void aSteeringChoosesTheLoop(String steering, String name) throws IOException {
        ReusePortGroup group = start("--port", "0", "--loops", "2", "--steer", steering);
        assertEquals(group.localAddress() + ", " + name + ", 2 slots", lines().get(0));
        echo(group, 9);
        assertEquals(2, lines().size());
        group.close().syncUninterruptibly();
    }

    @Test
    void anotherSteeringIsAUsageError() throws IOException {
        ParameterException unknown = assertThrows(ParameterException.class, () -> start("--steer", "luck"));
        assertEquals("--steer: luck (expected: cpu, source, address or program FILE)", unknown.getMessage());
        Path program = Files.writeString(folder.resolve("wrong"), "ldb [0]\nret b\n");
        ParameterException wrong =
                assertThrows(ParameterException.class, () -> start("--steer", "program", program.toString()));
        assertTrue(wrong.getMessage().startsWith("--steer: " + program + ": line 2, column 5: "), wrong.getMessage());
    }
}
