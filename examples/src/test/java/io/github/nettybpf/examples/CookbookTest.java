package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** The programs of docs/cookbook.md, read from that file. */
class CookbookTest {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvFileSource(resources = "cookbook.txt", delimiter = '|')
    void keeps(String recipe, String what, String sender, String payload, String kept) throws IOException {
        EmbeddedChannel channel = new EmbeddedChannel(BpfFilterHandler.builder(Cookbook.recipe(recipe))
                .placement(Placement.UDP_SOCKET)
                .build());
        int colon = sender.lastIndexOf(':');
        InetSocketAddress from =
                new InetSocketAddress(sender.substring(0, colon), Integer.parseInt(sender.substring(colon + 1)));
        byte[] bytes = bytes(payload);
        ByteBuf content = Unpooled.wrappedBuffer(bytes);
        channel.writeInbound(new DatagramPacket(content, new InetSocketAddress("192.0.2.9", 9), from));
        DatagramPacket passed = channel.readInbound();
        assertEquals(kept.equals("all"), passed != null);
        if (passed != null) {
            assertEquals(bytes.length, passed.content().readableBytes());
            passed.release();
        }
    }

    /** Parses hexadecimal digits; {@code *N} after them pads with zeros to N bytes. */
    private static byte[] bytes(String payload) {
        String[] parts = payload.split("\\*", 2);
        byte[] bytes = HexFormat.of().parseHex(parts[0].strip());
        return parts.length == 1 ? bytes : java.util.Arrays.copyOf(bytes, Integer.parseInt(parts[1].strip()));
    }

    @Test
    void everyRecipeIsTested() throws IOException {
        Set<String> tested = new TreeSet<>();
        try (var lines = Files.lines(Path.of("src/test/resources/io/github/nettybpf/examples/cookbook.txt"))) {
            lines.filter(line -> !line.startsWith("#"))
                    .forEach(line ->
                            tested.add(line.substring(0, line.indexOf('|')).strip()));
        }
        tested.add(Cookbook.SYSLOG);
        assertEquals(new TreeSet<>(Cookbook.recipes().keySet()), tested);
        assertEquals(12, tested.size());
    }

    @Test
    void aSampleOfSyslogIsCut() throws IOException {
        EmbeddedChannel channel = new EmbeddedChannel(BpfFilterHandler.builder(Cookbook.recipe(Cookbook.SYSLOG))
                .placement(Placement.UDP_SOCKET)
                .build());
        InetSocketAddress anyone = new InetSocketAddress("192.0.2.9", 9);
        int kept = 0;
        for (int i = 0; i < 10_000; i++) {
            channel.writeInbound(new DatagramPacket(Unpooled.wrappedBuffer(bytes("3c*1000")), anyone, anyone));
            DatagramPacket passed = channel.readInbound();
            if (passed != null) {
                kept++;
                assertEquals(256, passed.content().readableBytes());
                passed.release();
            }
        }
        // 1,000 expected, standard deviation 30.
        assertTrue(kept > 800 && kept < 1200, "kept " + kept);
    }
}
