package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Extension;
import io.github.nettybpf.core.Placement;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class AttachedFilterTest {
    /** A channel whose bind ends when the test says so. */
    private static final class Binding extends EmbeddedChannel implements FilteredChannel {
        final ChannelPromise bind = newPromise();

        @Override
        public ChannelFuture bindUnderWay() {
            return bind;
        }

        @Override
        public Placement placement() {
            return Placement.ETHERNET;
        }

        @Override
        public Set<Extension> knownExtensions() {
            return Set.of();
        }

        @Override
        public PacketView newPacketView() {
            throw new AssertionError("nothing is received");
        }
    }

    @Test
    void whatWaitsForABindRunsWhereTheHandlerIsThen() throws Exception {
        Binding channel = new Binding();
        EventExecutor before = new DefaultEventExecutor();
        EventExecutor after = new DefaultEventExecutor();
        AtomicReference<EventExecutor> current = new AtomicReference<>(before);
        CompletableFuture<Boolean> ranAfter = new CompletableFuture<>();
        try {
            assertTrue(new AttachedFilter(channel)
                    .isPostponed(current::get, () -> ranAfter.complete(after.inEventLoop())));
            current.set(after);
            channel.bind.setSuccess();
            channel.runPendingTasks();
            assertTrue(ranAfter.get(10, TimeUnit.SECONDS));
        } finally {
            before.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
            after.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
            channel.finishAndReleaseAll();
        }
    }
}
