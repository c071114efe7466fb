package io.github.nettybpf.examples.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UdpFilterTest {
    private static final InetSocketAddress SERVER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 7007);

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 40000, true", "127.0.0.1, 39999, false", "127.0.0.2, 40000, false"})
    void filtersByTheExpressionThatIsGiven(String address, int port, boolean kept) {
        EmbeddedChannel channel = new EmbeddedChannel(
                BpfFilterHandler.builder(UdpFilter.program("src host 127.0.0.1 and src portrange 40000-40100"))
                        .placement(Placement.UDP_SOCKET)
                        .build());
        InetSocketAddress sender = new InetSocketAddress(address, port);
        channel.writeInbound(new DatagramPacket(Unpooled.copyInt(1), SERVER, sender));
        assertEquals(kept, channel.finishAndReleaseAll());
    }

    @Test
    void looksForEchoWithoutAnExpression() {
        assertSame(UdpFilter.BEGINS_WITH_ECHO, UdpFilter.program(null));
    }

    @Test
    void refusesAMalformedExpression() {
        ExpressionException e = assertThrows(ExpressionException.class, () -> UdpFilter.program("tpc"));
        assertEquals(0, e.getMessage().indexOf("column 1: 'tpc' (expected: "), e.getMessage());
    }
}
