package io.github.nettybpf.examples.loops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.examples.loops.QuicLoops.Spread;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicSslContext;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** QUIC connections whose clients' ports change: they stay with their event loop where the kernel knows their ids. */
class QuicEchoTest {
    private static final int LOOPS = 4;
    private static final Duration LONG = Duration.ofSeconds(60);

    private static QuicSslContext ssl;

    @BeforeAll
    static void prepare() throws Exception {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        assumeTrue(Quic.isAvailable(), () -> "no QUIC here: " + Quic.unavailabilityCause());
        ssl = SelfSigned.server();
    }

    private static QuicEcho.Result assertAllStay(Spread spread, long connections) throws Exception {
        QuicEcho.Result result = QuicEcho.run(spread, ssl, LOOPS, (int) connections, LONG);
        assertEquals(List.of(connections, connections, connections), result.echoes(), result::toString);
        assertEquals(0, result.wrong(), result::toString);
        return result;
    }

    @ParameterizedTest
    @EnumSource(names = {"IDS", "DISPATCHER_STEERED"})
    void connectionsStayWithTheirLoop(Spread spread) throws Exception {
        assertAllStay(spread, 6);
    }

    /** What the others do depends on luck, and is printed. */
    @Test
    @Tag("soak")
    void connectionsStayWithTheirLoopBesideTheHashAndTheDispatcher() throws Exception {
        int connections = 200;
        for (Spread spread : List.of(Spread.HASH, Spread.DISPATCHER)) {
            System.out.println(
                    "QUIC " + spread + ": " + QuicEcho.run(spread, ssl, LOOPS, connections, Duration.ofSeconds(10)));
        }
        for (Spread spread : List.of(Spread.DISPATCHER_STEERED, Spread.IDS)) {
            QuicEcho.Result result = assertAllStay(spread, connections);
            System.out.println("QUIC " + spread + ": " + result);
            assertTrue(result.received().stream().allMatch(each -> each > 0), result::toString);
        }
    }
}
