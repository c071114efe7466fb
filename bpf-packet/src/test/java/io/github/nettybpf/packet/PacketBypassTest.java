package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.BpfFilterHandler;
import io.github.nettybpf.netty.FilterStats.Location;
import io.github.nettybpf.netty.Offload;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Frames that the kernel has judged bypass the handler, without a visible difference. */
@ExtendWith(InNamespace.class)
class PacketBypassTest {
    private static final int FRAMES = 10;

    /** A handler that records all frames, and runs an action at the fourth. */
    private static final class Witness extends ChannelInboundHandlerAdapter {
        final List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
        Runnable atFourth = () -> {};

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            int number = ((PacketFrame) msg).content().getByte(20);
            seen.add(number);
            if (number == 4) {
                atFourth.run();
            }
            ctx.fireChannelRead(msg);
        }
    }

    private static BpfFilterHandler handler(String program) {
        return BpfFilterHandler.builder(Program.parse(program))
                .offload(Offload.REQUIRED)
                .build();
    }

    /**
     * {@return the numbers of the received frames} Ten frames are queued in the socket when the channel begins to read.
     */
    private static List<Integer> receive(Tap to) throws Exception {
        try (Tap from = new Tap().bind("a0")) {
            for (int i = 1; i <= FRAMES; i++) {
                from.send(Tap.frame(60, 0).setByte(20, i));
            }
            from.send(Tap.frame(60, 0).setByte(20, 0));
        }
        to.channel.config().setAutoRead(true);
        List<Integer> numbers = new ArrayList<>();
        int number;
        do {
            PacketFrame frame = to.next();
            number = frame.content().getByte(20);
            numbers.add(number);
            frame.release();
        } while (number != 0);
        to.channel.eventLoop().submit(() -> {}).sync();
        assertNull(to.thrown.peek());
        return numbers;
    }

    private static Tap bound(Tap tap) throws InterruptedException {
        return tap.with(ChannelOption.AUTO_READ, false).bind("b0");
    }

    private static final List<Integer> ALL = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0);

    @Test
    void eachFrameIsCounted() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        try (Tap tap = bound(new Tap(filter))) {
            assertEquals(ALL, receive(tap));
            assertEquals(Location.KERNEL, filter.stats().location());
            assertEquals(ALL.size(), filter.stats().accepted());
            assertEquals(ALL.size(), filter.stats().received());
        }
    }

    @Test
    void aHandlerBeforeTheFilterSeesAllFrames() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        Witness first = new Witness();
        Witness after = new Witness();
        try (Tap tap = bound(new Tap(filter, after))) {
            onLoop(tap, () -> tap.channel.pipeline().addFirst(first));
            assertEquals(ALL, receive(tap));
            assertEquals(ALL, first.seen);
            assertEquals(ALL, after.seen);
            assertEquals(ALL.size(), filter.stats().accepted());
        }
    }

    @Test
    void aHandlerThatIsAddedBeforeTheFilterSeesTheNextFrame() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        Witness first = new Witness();
        Witness after = new Witness();
        try (Tap tap = bound(new Tap(filter, after))) {
            after.atFourth = () -> tap.channel.pipeline().addFirst(first);
            assertEquals(ALL, receive(tap));
            assertEquals(ALL.subList(4, ALL.size()), first.seen);
            assertEquals(ALL, after.seen);
        }
    }

    @Test
    void aHandlerThatIsAddedAfterTheFilterSeesTheNextFrame() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        Witness after = new Witness();
        Witness second = new Witness();
        try (Tap tap = bound(new Tap(filter, after))) {
            ChannelPipeline pipeline = tap.channel.pipeline();
            after.atFourth = () -> pipeline.addAfter(pipeline.context(filter).name(), "second", second);
            assertEquals(ALL, receive(tap));
            assertEquals(ALL.subList(4, ALL.size()), second.seen);
        }
    }

    @Test
    void aHandlerThatIsRemovedCountsNoMore() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        Witness after = new Witness();
        try (Tap tap = bound(new Tap(filter, after))) {
            after.atFourth = () -> tap.channel.pipeline().remove(filter);
            assertEquals(ALL, receive(tap));
            assertEquals(4, filter.stats().accepted());
        }
    }

    /** The kernel judged the queued frames by the previous program. */
    @Test
    void aProgramThatIsReplacedHoldsFromTheNextFrame() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        Witness after = new Witness();
        try (Tap tap = bound(new Tap(filter, after))) {
            after.atFourth = () -> filter.replace(Program.parse("ldb [20]\njset #1, no\nret #-1\nno: ret #0"));
            assertEquals(List.of(1, 2, 3, 4, 6, 8, 10, 0), receive(tap));
        }
    }

    @Test
    void ofTwoHandlersEachCountsAll() throws Exception {
        BpfFilterHandler first = handler(Tap.OURS);
        BpfFilterHandler second = BpfFilterHandler.builder(Program.parse("ldb [20]\njset #1, no\nret #-1\nno: ret #0"))
                .offload(Offload.AUTO)
                .build();
        try (Tap tap = bound(new Tap(first, second))) {
            assertEquals(List.of(2, 4, 6, 8, 10, 0), receive(tap));
            assertEquals(ALL.size(), first.stats().accepted());
            assertEquals(Location.PIPELINE, second.stats().location());
            assertEquals(6, second.stats().accepted());
            assertEquals(5, second.stats().dropped());
            onLoop(tap, () -> tap.channel.pipeline().remove(second));
            assertEquals(ALL, receive(tap));
            assertEquals(2L * ALL.size(), first.stats().accepted());
        }
    }

    /** Only the call stack shows the bypass. */
    @Test
    void onlyTheFirstHandlerIsBypassed() throws Exception {
        List<Boolean> through = Collections.synchronizedList(new ArrayList<>());
        ChannelInboundHandlerAdapter after = new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object msg) {
                through.add(StackWalker.getInstance()
                        .walk(calls ->
                                calls.anyMatch(call -> call.getMethodName().equals("channelRead")
                                        && call.getClassName().equals(BpfFilterHandler.class.getName()))));
                ctx.fireChannelRead(msg);
            }
        };
        try (Tap tap = bound(new Tap(handler(Tap.OURS), after))) {
            assertEquals(ALL, receive(tap));
            assertEquals(Collections.nCopies(ALL.size(), false), through);
            through.clear();
            onLoop(tap, () -> tap.channel.pipeline().addFirst(new Witness()));
            assertEquals(ALL, receive(tap));
            assertEquals(Collections.nCopies(ALL.size(), true), through);
        }
    }

    @Test
    void anotherThreadMayRemoveTheHandler() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        try (Tap tap = bound(new Tap(filter))) {
            tap.channel.pipeline().remove(filter);
            assertEquals(ALL, receive(tap));
            assertEquals(0, filter.stats().accepted());
        }
    }

    @Test
    void aReplacementOfTheHandlerFiltersTheNextFrame() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        BpfFilterHandler next = new BpfFilterHandler(Program.parse("ldb [20]\njset #1, no\nret #-1\nno: ret #0"));
        Witness after = new Witness();
        try (Tap tap = bound(new Tap(filter, after))) {
            after.atFourth = () -> tap.channel.pipeline().replace(filter, "next", next);
            assertEquals(List.of(1, 2, 3, 4, 6, 8, 10, 0), receive(tap));
            assertEquals(4, filter.stats().accepted());
            assertEquals(4, next.stats().accepted());
        }
    }

    @Test
    void withoutAutoReadEachReadBringsOneFrame() throws Exception {
        BpfFilterHandler filter = handler(Tap.OURS);
        try (Tap from = new Tap().bind("a0");
                Tap tap = bound(new Tap(filter))) {
            for (int i = 1; i <= 3; i++) {
                from.send(Tap.frame(60, 0).setByte(20, i));
            }
            for (int i = 1; i <= 3; i++) {
                tap.channel.read();
                PacketFrame frame = tap.next();
                assertEquals(i, frame.content().getByte(20));
                frame.release();
                onLoop(tap, () -> true);
                assertNull(tap.received.peek());
            }
            assertEquals(3, filter.stats().accepted());
        }
    }

    private static void onLoop(Tap tap, Callable<?> task) throws InterruptedException {
        tap.channel.eventLoop().submit(task).sync();
    }
}
