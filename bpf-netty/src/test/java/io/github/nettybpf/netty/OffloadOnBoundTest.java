package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.SocketFilterException.Reason;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real sockets that are bound before the handler is added. */
class OffloadOnBoundTest {
    /** Bound before the handler in question is added. */
    private static FilteredReceiver receiverOfAll(Transport transport) {
        BpfFilterHandler all = BpfFilterHandler.builder(Program.parse("ret #-1"))
                .offload(Offload.NEVER)
                .build();
        return new FilteredReceiver(transport, all, ch -> {});
    }

    private static void awaitKernel(BpfFilterHandler handler) {
        Transport.await(
                () -> "all in the kernel: " + handler.stats(),
                () -> handler.stats().location() == Location.KERNEL);
    }

    @ParameterizedTest
    @EnumSource(names = "NIO_UDP", mode = EnumSource.Mode.EXCLUDE)
    void aBoundChannelGetsTheFormThatOnlyDrops(Transport transport) throws Exception {
        BpfFilterHandler first = FilteredReceiver.handler(transport, Offload.AUTO);
        try (FilteredReceiver receiver = receiverOfAll(transport)) {
            receiver.bind().sync();
            receiver.channel
                    .eventLoop()
                    .submit(() -> receiver.channel.pipeline().addFirst(first))
                    .sync();
            assertEquals(Location.KERNEL_AND_PIPELINE, first.stats().location());
            receiver.assertFilters();
            assertEquals(
                    ExpectedStats.of(
                            4,
                            2,
                            0,
                            first.stats().droppedInKernel(),
                            Location.KERNEL_AND_PIPELINE,
                            "attached to a bound channel"),
                    first.stats());
            first.replace(Program.parse("ret #-1")).sync();
            receiver.send("00");
            assertEquals("00", receiver.next());
            first.replace(Program.parse("ret #0")).sync();
            receiver.send("01");
            receiver.channel.pipeline().remove(first);
            receiver.channel.eventLoop().submit(() -> {}).sync();
            receiver.send("02");
            assertEquals("02", receiver.next());
        }
    }

    @Test
    void onABoundChannelTheKernelTakesOverAllWhenNothingOlderIsQueued() throws Exception {
        BpfFilterHandler handler = new BpfFilterHandler(Program.parse("ldb [8]\njne #1, no\nret #262144\nno: ret #0"));
        try (FilteredReceiver receiver = receiverOfAll(Transport.EPOLL_UDP)) {
            receiver.bind().sync();
            receiver.channel
                    .eventLoop()
                    .submit(() -> receiver.channel.pipeline().addFirst(handler))
                    .sync();
            awaitKernel(handler);
            receiver.send("00", "0101");
            assertEquals("0101", receiver.next());
        }
    }

    @Test
    void onABoundChannelAProgramThatThePipelineCannotJudgeIsRefusedOrHandedOverWithLoss() throws Exception {
        for (boolean lossy : new boolean[] {false, true}) {
            BpfFilterHandler handler = BpfFilterHandler.builder(
                            Program.parse("ld mark\njne #0, no\n" + FilteredReceiver.ON_UDP))
                    .offload(Offload.REQUIRED)
                    .lossyHandover(lossy)
                    .build();
            try (FilteredReceiver receiver = receiverOfAll(Transport.EPOLL_UDP)) {
                receiver.bind().sync();
                receiver.channel
                        .eventLoop()
                        .submit(() -> receiver.channel.pipeline().addFirst(handler))
                        .sync();
                if (lossy) {
                    awaitKernel(handler);
                    receiver.assertFilters();
                    assertEquals(
                            "attached to a bound channel, with loss",
                            handler.stats().reason());
                } else {
                    receiver.channel.closeFuture().sync();
                    SocketFilterException e =
                            (SocketFilterException) receiver.thrown.poll(Transport.PATIENCE_SECONDS, TimeUnit.SECONDS);
                    assertNotNull(e);
                    assertEquals(Reason.NOT_APPLICABLE, e.reason());
                }
            }
        }
    }
}
