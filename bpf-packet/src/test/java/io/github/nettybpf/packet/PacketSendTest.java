package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Frames that are not sent: what they hold up, and what their promises say. */
@ExtendWith(InNamespace.class)
class PacketSendTest {
    private static final int TOO_LONG = 1_000;

    /** The queue drops frames of more than 500 bytes (ENOBUFS), however empty it is: as an egress rule does. */
    private static void dropLong(String one, String other) {
        Namespace.pair(one, other);
        Namespace.assumeRun("tc qdisc add dev " + one + " root tbf rate 100mbit burst 500 limit 30kb");
    }

    private static String message(ChannelFuture failed) throws InterruptedException {
        assertTrue(failed.await(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
        return String.valueOf(failed.cause().getMessage());
    }

    @Test
    void framesThatAreDroppedHoldUpTheOthersOnlyOnce() throws Exception {
        dropLong("g0", "h0");
        BlockingQueue<List<Boolean>> doneWithTheFirst = new LinkedBlockingQueue<>();
        List<ChannelFuture> all = new ArrayList<>();
        try (Tap g = new Tap().bind("g0");
                Tap h = Tap.ofOurs().bind("h0")) {
            for (int i = 0; i < 5; i++) {
                all.add(g.channel.write(Tap.frame(TOO_LONG, i)));
                all.add(g.channel.write(Tap.frame(60, i)));
            }
            all.get(0).addListener(first -> g.channel
                    .eventLoop()
                    .execute(() -> doneWithTheFirst.add(
                            all.stream().map(ChannelFuture::isDone).toList())));
            g.channel.flush();
            // All of them in the turn of the event loop in which the first one failed.
            assertEquals(
                    all.stream().map(each -> true).toList(),
                    doneWithTheFirst.poll(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS));
            for (int i = 0; i < 5; i++) {
                assertEquals(
                        "frame of 1000 bytes to g0: not sent: the queue of the interface is full, or its egress rules drop"
                                + " the frame (ENOBUFS)",
                        message(all.get(2 * i)));
                all.get(2 * i + 1).sync();
                assertEquals(ByteBufUtil.hexDump(Tap.frame(60, i)), h.nextHex());
            }
        }
    }

    @Test
    void aFailedFrameSaysWhy() throws Exception {
        Namespace.pair("i0", "j0");
        try (Tap i = new Tap().bind("i0")) {
            assertEquals(
                    "frame of 2000 bytes to i0: longer than the interface sends (EMSGSIZE; expected: at most its MTU after"
                            + " the link-layer header)",
                    message(i.channel.writeAndFlush(Tap.frame(2_000, 1))));
            ByteBuf tooShort = Tap.frame(14, 1).slice(0, 5);
            assertEquals(
                    "frame of 5 bytes to i0: not a frame for this interface (EINVAL; expected: a whole link-layer header)",
                    message(i.channel.writeAndFlush(tooShort)));
            assertEquals(
                    "interface 'k0': not there (expected: one of this network namespace)",
                    message(i.channel.writeAndFlush(new PacketFrame(Tap.frame(60, 1), PacketAddress.of("k0")))));
            Namespace.run("ip link set i0 down");
            assertEquals(
                    "frame of 60 bytes to i0: the interface is down (ENETDOWN)",
                    message(i.channel.writeAndFlush(Tap.frame(60, 1))));
            PacketAddress gone = i.channel.localAddress().withInterface(9_999);
            assertEquals(
                    "frame of 60 bytes to i0: the interface is not there (ENXIO)",
                    message(i.channel.writeAndFlush(new PacketFrame(Tap.frame(60, 1), gone))));
        }
    }
}
