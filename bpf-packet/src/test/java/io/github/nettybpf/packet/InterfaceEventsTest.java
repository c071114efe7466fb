package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.nettybpf.packet.kernel.Kernel;
import io.github.nettybpf.packet.kernel.KernelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is told of an interface that goes down, comes up or is renamed while a channel is bound or moves. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
@ExtendWith(InNamespace.class)
class InterfaceEventsTest {
    /** Records channelActive and user events in their order. */
    private static final class Order extends ChannelInboundHandlerAdapter {
        final LinkedBlockingQueue<Object> seen = new LinkedBlockingQueue<>();

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            seen.add("active");
            ctx.fireChannelActive();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof PacketInterfaceEvent) {
                seen.add(event);
            }
            ctx.fireUserEventTriggered(event);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInterfaceThatIsDownWhenBoundIsSaidToBeSoAfterwards(ReceiveMode mode) throws Exception {
        Namespace.pair("i0", "j0");
        Namespace.run("ip link set j0 down");
        try (Tap i = Tap.ofOurs().bind("i0")) {
            // The order in which the event loop learns of the two is random.
            for (int round = 0; round < 20; round++) {
                Order order = new Order();
                try (Tap j = new Tap(order)
                        .with(PacketChannelOption.RECEIVE_MODE, mode)
                        .bind("j0")) {
                    assertEquals("active", order.seen.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
                    assertEquals(PacketInterfaceEvent.DOWN, order.seen.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
                    if (round == 19) {
                        Namespace.run("ip link set j0 up");
                        assertEquals(PacketInterfaceEvent.UP, order.seen.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
                        PacketLifecycleTest.await("a frame", () -> {
                            i.channel.writeAndFlush(Tap.frame(60, 2));
                            return !j.received.isEmpty();
                        });
                    }
                }
            }
        } finally {
            Namespace.run("ip link delete i0");
        }
    }

    @Test
    void anInterfaceThatIsRenamedWhileDownIsSeenToComeUp() throws Exception {
        Namespace.pair("k0", "l0");
        try (Tap l = new Tap().bind("l0")) {
            Namespace.run("ip link set l0 down");
            assertEquals(PacketInterfaceEvent.DOWN, l.event());
            Namespace.run("ip link set l0 name l1");
            Namespace.run("ip link set l1 up");
            assertEquals(PacketInterfaceEvent.UP, l.event());
        } finally {
            Namespace.run("ip link delete k0");
        }
    }

    @Test
    void anInterfaceThatComesUpWhileTheChannelMovesIsSeen() throws Exception {
        Namespace.pair("m0", "n0");
        MultiThreadIoEventLoopGroup other = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try (Tap n = new Tap().bind("n0")) {
            Namespace.run("ip link set n0 down");
            assertEquals(PacketInterfaceEvent.DOWN, n.event());
            n.channel.deregister().sync();
            Namespace.run("ip link set n0 up");
            other.register(n.channel).sync();
            assertEquals(PacketInterfaceEvent.UP, n.event());
            assertNull(n.events.poll());
        } finally {
            other.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
            Namespace.run("ip link delete m0");
        }
    }

    @Test
    void thatTheInterfaceIsDownIsNotSaidBeforeTheBind() throws Exception {
        Order order = new Order();
        try (Tap tap = new Tap(order)) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            tap.channel
                    .eventLoop()
                    .submit(() -> tap.channel.handle().failed(new KernelException("SO_ERROR", -Kernel.ENETDOWN)))
                    .sync();
            assertNull(order.seen.poll());
            tap.channel.bind(PacketAddress.of("b0")).sync();
            assertEquals("active", order.seen.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals(PacketInterfaceEvent.DOWN, order.seen.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals(PacketInterfaceEvent.UP, order.seen.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }
}
