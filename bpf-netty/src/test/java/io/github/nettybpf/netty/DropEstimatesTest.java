package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.drops.DroppedPacket;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** What reaches the pipeline although the kernel drops stands for others only if the kernel would have dropped it. */
class DropEstimatesTest {
    private static final int SELDOM = 1_000_000;
    private static final Program NOTHING = Program.parse("ret #0");

    private final BlockingQueue<DroppedPacket> samples = new LinkedBlockingQueue<>();

    /** Of a set that is too large for the kernel, all packets reach the pipeline: of them one in a million is a sample. */
    @Test
    void sourcesThatTheKernelDoesNotHaveAreNoSamplesOfIts() throws Exception {
        Random random = new Random(3);
        AddressSet.Builder many = AddressSet.builder().addAll("127.0.0.0/8");
        for (int i = 0; i < 50_000; i++) {
            many.addAll("10." + random.nextInt(256) + "." + random.nextInt(256) + "." + random.nextInt(256));
        }
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("ret #-1"))
                .denySources(many.build())
                .offloadHotSources(false)
                .sampleDrops(SELDOM, samples::add)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            assertEquals(Location.KERNEL_AND_PIPELINE, handler.stats().location());
            String[] batch = new String[100];
            Arrays.fill(batch, "01");
            receiver.send(batch);
            Transport.await(
                    () -> handler.sources().toString(), () -> handler.sources().denied() == batch.length);
            // By chance, there is one in one of 10,000 runs.
            assertEquals(0, handler.stats().sampled());
        }
    }

    /** A unix socket does not tell what is queued, which no filter has judged. */
    @Test
    void whatWasQueuedInAUnixSocketStandsForItself() throws Exception {
        BpfFilterHandler all = new BpfFilterHandler(Program.parse("ret #-1"));
        BpfFilterHandler handler =
                BpfFilterHandler.builder(NOTHING).sampleDrops(2, samples::add).build();
        try (FilteredReceiver receiver = new FilteredReceiver(
                Transport.EPOLL_UNIX, all, ch -> ch.config().setAutoRead(false))) {
            receiver.bind().sync();
            receiver.send("01", "01", "01", "01");
            receiver.channel
                    .eventLoop()
                    .submit(() -> receiver.channel.pipeline().replace(all, "sampling", handler))
                    .sync();
            Transport.await(
                    () -> handler.stats().toString(), () -> handler.stats().location() == Location.KERNEL_AND_PIPELINE);
            assertEquals(
                    "attached to a bound channel; one packet in 2 passes the kernel, as a sample",
                    handler.stats().reason());
            receiver.channel.config().setAutoRead(true);
            Transport.await(
                    () -> handler.stats().toString(), () -> handler.stats().dropped() == 4);
            assertEquals(4, handler.stats().returns().get(0).estimate());
            Transport.await(() -> handler.stats().toString(), () -> {
                try {
                    receiver.send("01", "01");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                return handler.stats().returns().get(0).standardError() > 0;
            });
        }
    }

    /** The TTL, which a pipeline does not know, if the packet says so: the kernel alone keeps what it keeps. */
    @Test
    void whatOnlyTheKernelCanJudgeIsKeptBesideSamples() throws Exception {
        BpfFilterHandler handler = BpfFilterHandler.builder(Program.parse("""
                        ldb [8]
                        tax
                        ldb [x + 0xfff00000]
                        jeq #64, keep
                        ret #0
                        keep: ret #-1
                        """))
                .sampleDrops(2, samples::add)
                .build();
        try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> {})) {
            receiver.bind().sync();
            receiver.send("08");
            assertEquals("08", receiver.next());
            assertEquals(
                    "attached before the channel was bound; what the kernel drops is not sampled",
                    handler.stats().reason());
        }
    }

    /** The kernel sees the whole datagram, the pipeline what Netty has read of it. */
    @Test
    void theReceiveBufferHasToHoldWhatIsRead() throws Exception {
        Program program = Program.parse("ldb [3000]\njeq #1, keep\nret #0\nkeep: ret #10");
        for (int buffer : List.of(2048, 4096)) {
            BpfFilterHandler handler = BpfFilterHandler.builder(program)
                    .sampleDrops(2, samples::add)
                    .build();
            try (FilteredReceiver receiver = new FilteredReceiver(Transport.EPOLL_UDP, handler, ch -> ch.config()
                    .setRecvByteBufAllocator(new FixedRecvByteBufAllocator(buffer)))) {
                receiver.bind().sync();
                receiver.send("01".repeat(4000));
                if (buffer > 4000) {
                    assertEquals("0101", receiver.next());
                } else {
                    Transport.await(
                            () -> handler.stats().toString(),
                            () -> handler.stats().dropped() == 1);
                }
            }
        }
    }
}
