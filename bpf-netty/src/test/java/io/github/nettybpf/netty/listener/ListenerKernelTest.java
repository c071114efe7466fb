package io.github.nettybpf.netty.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.expression.ExpressionException;
import io.github.nettybpf.expression.FilterExpression;
import io.github.nettybpf.netty.Offload;
import io.github.nettybpf.netty.SocketFilters;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random filters: the kernel drops a SYN if and only if its connection would be reset elsewhere. */
class ListenerKernelTest extends ListenerFixture {
    /** The kernel drops a SYN if and only if its connection would be reset elsewhere. */
    private long compare(long seed, int programs) throws Exception {
        Random random = new Random(seed);
        ListenerFilter filter = ListenerFilter.builder(UNWANTED)
                .offload(Offload.REQUIRED)
                .detachOnAccept(true)
                .build();
        Channel listener = bind(Listeners.EPOLL, filter, "::");
        InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), port(listener));
        long dropped = 0;
        for (int i = 0; i < programs; i++) {
            String expression = expression(random, 2);
            SynFilter syns;
            try {
                syns = new SynFilter(FilterExpression.compile(expression, Placement.TCP_SOCKET));
            } catch (ExpressionException matchesNothing) {
                continue;
            }
            assertEquals("", syns.whyUnknownAfterAccept().orElse(""));
            SocketFilters.attach(listener, syns.kernel());
            for (int n = 0; n < 5; n++) {
                long before = SocketFilters.drops(listener);
                try (SocketChannel client = connect(
                        "127.0." + random.nextInt(4) + "." + (1 + random.nextInt(4)), 0, "127.0.0.1", listener)) {
                    InetSocketAddress from = (InetSocketAddress) client.getLocalAddress();
                    await(
                            () -> "seed " + seed + ": " + expression + " from " + from + ": no answer, no drop",
                            () -> SocketFilters.drops(listener) > before || client.finishConnect());
                    assertEquals(
                            syns.isUnwanted(from, to),
                            !client.finishConnect(),
                            () -> "seed " + seed + ": " + expression + " from " + from);
                    dropped += client.isConnected() ? 0 : 1;
                    client.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
                }
            }
        }
        listener.close().sync();
        return dropped;
    }

    private static String expression(Random random, int depth) {
        if (depth > 0 && random.nextInt(3) > 0) {
            String operator = random.nextBoolean() ? " and " : " or ";
            return (random.nextInt(4) == 0 ? "not (" : "(") + expression(random, depth - 1) + operator
                    + expression(random, depth - 1) + ")";
        }
        return switch (random.nextInt(6)) {
            case 0 -> "src net 127.0." + random.nextInt(4) + ".0/24";
            case 1 -> "src host 127.0.0." + (1 + random.nextInt(4));
            case 2 -> "src portrange 32768-" + (33_000 + random.nextInt(28_000));
            case 3 -> "dst host 127.0.0.1";
            case 4 -> random.nextBoolean() ? "ip6" : "ip";
            default -> "dst portrange 1-" + (1 + random.nextInt(65_000));
        };
    }

    @Test
    void theKernelDropsWhatIsResetElsewhere() throws Exception {
        long seed = System.nanoTime();
        long dropped = compare(seed, 40);
        assertTrue(dropped > 0, "seed " + seed);
    }

    @Test
    @Tag("soak")
    void theKernelDropsWhatIsResetElsewhereForLong() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("soak.seconds", 60));
        long seed = System.nanoTime();
        System.out.println("listener filters, first seed " + seed);
        long dropped = 0;
        long connections = 0;
        for (; System.nanoTime() < end; seed++) {
            dropped += compare(seed, 200);
            connections += 1000;
            accepted.clear();
            shutDown();
        }
        System.out.println("listener filters: " + connections + " connections, " + dropped + " dropped, no difference");
    }
}
