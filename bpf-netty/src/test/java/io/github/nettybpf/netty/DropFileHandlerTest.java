package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.drops.DropFile;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a handler drops of real traffic, in a file. */
class DropFileHandlerTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource(Transport.class)
    void fileHasWhatTheHandlerDrops(Transport transport) throws Exception {
        Path path = directory.resolve("drops.pcapng");
        boolean isUdp = transport != Transport.EPOLL_UNIX;
        Program program =
                Program.parse("ldb [" + (isUdp ? 8 : 0) + "]\njeq #1, keep, drop\nkeep: ret #-1\ndrop: ret #0");
        BlockingQueue<Long> lengths = new LinkedBlockingQueue<>();
        try (DropFile file = DropFile.open(path, DropFile.MIN_BYTES, 0)) {
            BpfFilterHandler handler = BpfFilterHandler.builder(program)
                    .sampleDrops(1, sample -> {
                        file.dropped(sample);
                        lengths.add(Files.size(path));
                    })
                    .build();
            try (FilteredReceiver receiver = new FilteredReceiver(transport, handler, ch -> {})) {
                receiver.bind().sync();
                receiver.send("0203040506070809", "01");
                assertEquals("01", receiver.next());
                Long length = lengths.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertTrue(length != null, "no sample came");
                check(Files.readAllBytes(path), length, isUdp ? receiver : null);
            }
        }
    }

    private static void check(byte[] file, long length, @Nullable FilteredReceiver udp) {
        assertEquals(length, file.length); // a reader has it at once
        String text = new String(file, StandardCharsets.ISO_8859_1);
        String rule = "dropped by the program: insn 1: jeq #1: no: insn 3: ret #0";
        assertTrue(text.contains(rule), rule);
        assertEquals(udp != null, text.contains("; IP and UDP header made up from the addresses"));
        assertTrue(text.contains("\2\3\4\5\6\7\10\11"));
        assertTrue(text.contains(udp == null ? "netty-bpf payload" : "netty-bpf udp_socket"));
        if (udp != null) {
            int port = ((InetSocketAddress) udp.channel.localAddress()).getPort();
            String header = new String(new char[] {(char) (port >>> 8), (char) (port & 0xff), 0, 16});
            assertTrue(text.contains(header));
        }
    }
}
