package io.github.nettybpf.examples.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UdpFilterTest {
    private static final InetSocketAddress SERVER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 7007);

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 40000, true", "127.0.0.1, 39999, false", "127.0.0.2, 40000, false"})
    void filtersByTheExpressionThatIsGiven(String address, int port, boolean kept) throws IOException {
        String expression = "src host 127.0.0.1 and src portrange 40000-40100";
        assertEquals(kept, isKept(UdpFilter.program(expression, Map.of()), address, port));
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, true", "127.0.0.2, false"})
    void filtersByASetOfAddresses(String address, boolean kept, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("friends.txt"), "127.0.0.1 # me\n10.0.0.0/8\n");
        Program program = UdpFilter.program("src net @friends", Map.of("friends", file));
        assertEquals(kept, isKept(program, address, 40000));
    }

    private static boolean isKept(Program program, String address, int port) {
        EmbeddedChannel channel = new EmbeddedChannel(BpfFilterHandler.builder(program)
                .placement(Placement.UDP_SOCKET)
                .build());
        InetSocketAddress sender = new InetSocketAddress(address, port);
        channel.writeInbound(new DatagramPacket(Unpooled.copyInt(1), SERVER, sender));
        return channel.finishAndReleaseAll();
    }

    @Test
    void looksForEchoWithoutAnExpression() throws IOException {
        assertSame(UdpFilter.BEGINS_WITH_ECHO, UdpFilter.program(null, Map.of()));
    }

    @Test
    void refusesAMalformedExpression() {
        ExpressionException e = assertThrows(ExpressionException.class, () -> UdpFilter.program("tpc", Map.of()));
        assertEquals(0, e.getMessage().indexOf("column 1: 'tpc' (expected: "), e.getMessage());
    }
}
