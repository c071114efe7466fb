package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.SocketFilters;
import io.netty.channel.ChannelFuture;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Channels of a fanout group, which share the frames of an interface. */
@ExtendWith(InNamespace.class)
class PacketFanoutTest {
    @ParameterizedTest
    @EnumSource
    void aGroupSharesFramesAndNoneComesTwice(PacketFanout.Mode mode) throws Exception {
        int frames = 2_000;
        Program byByte = Program.parse("ldb [0]\nret a");
        PacketFanout fanout = new PacketFanout(7, mode, mode == PacketFanout.Mode.PROGRAM ? byByte : null);
        try (Tap a = new Tap().bind("a0")) {
            try (Tap one = Tap.ofOurs().with(PacketChannelOption.FANOUT, fanout).bind("b0");
                    Tap two = Tap.ofOurs()
                            .with(PacketChannelOption.FANOUT, fanout)
                            .bind("b0")) {
                for (int i = 0; i < frames; i++) {
                    a.channel.write(Tap.frame(60, i).setInt(20, i).setByte(14, i));
                    if (i % 50 == 49) {
                        // No more at once than net.core.netdev_max_backlog lets wait.
                        int sent = i + 1;
                        a.channel.flush();
                        PacketLifecycleTest.await("frames", () -> one.received.size() + two.received.size() == sent);
                    }
                }
                a.channel.writeAndFlush(Tap.frame(60, 0).setInt(20, frames)).sync();
                Set<Integer> seen = new HashSet<>();
                int[] shares = new int[2];
                while (seen.size() < frames + 1) {
                    PacketLifecycleTest.await(
                            "frames, so far " + seen.size(), () -> !one.received.isEmpty() || !two.received.isEmpty());
                    int member = one.received.isEmpty() ? 1 : 0;
                    PacketFrame frame = (member == 0 ? one : two).next();
                    assertTrue(seen.add(frame.content().getInt(20)));
                    if (mode == PacketFanout.Mode.PROGRAM && frame.content().getInt(20) < frames) {
                        assertEquals(member, frame.content().getByte(14) & 1);
                    }
                    shares[member]++;
                    frame.release();
                }
                assertEquals(frames + 1, shares[0] + shares[1]);
                if (mode == PacketFanout.Mode.ROUND_ROBIN || mode == PacketFanout.Mode.PROGRAM) {
                    assertTrue(Math.abs(shares[0] - shares[1]) < 10, () -> shares[0] + " and " + shares[1]);
                }
            }
        }
    }

    @Test
    void aGroupThatDoesNotFitIsRefused() throws Exception {
        try (Tap one = new Tap()
                        .with(PacketChannelOption.FANOUT, PacketFanout.hash(9))
                        .bind("b0");
                Tap two = new Tap().with(PacketChannelOption.FANOUT, PacketFanout.cpu(9))) {
            assertTrue(one.channel.isActive());
            ChannelFuture bound = two.bootstrap.bind(PacketAddress.of("b0")).await();
            assertTrue(bound.cause().getMessage().startsWith("PACKET_FANOUT CPU of group 9: "), () -> bound.cause()
                    .getMessage());
        }
    }

    @Test
    void aGroupHasOneProgram() throws Exception {
        PacketFanout byFirst = PacketFanout.program(10, Program.parse("ldb [0]\nret a"));
        PacketFanout byLast = PacketFanout.program(10, Program.parse("ldb [1]\nret a"));
        String refused = "fanout PROGRAM of group 10: its other members have another program (expected: the same one)";
        try (Tap one = new Tap().with(PacketChannelOption.FANOUT, byFirst).bind("b0");
                Tap two = new Tap().with(PacketChannelOption.FANOUT, byLast);
                Tap same = new Tap().with(PacketChannelOption.FANOUT, byFirst).bind("b0")) {
            assertTrue(one.channel.isActive() && same.channel.isActive());
            assertEquals(
                    refused,
                    two.bootstrap.bind(PacketAddress.of("b0")).await().cause().getMessage());
        }
        // With its last member the group was gone.
        try (Tap other = new Tap().with(PacketChannelOption.FANOUT, byLast).bind("b0")) {
            assertTrue(other.channel.isActive());
        }
    }

    @Test
    void aLockedFilterIsInTheWayOfAFanout() throws Exception {
        try (Tap tap = new Tap().with(PacketChannelOption.FANOUT, PacketFanout.hash(10))) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            SocketFilters.attach(tap.channel, Program.parse(Tap.OURS));
            SocketFilters.lock(tap.channel);
            assertEquals(
                    "SO_ATTACH_FILTER, to drop all until the socket has joined its fanout group: setsockopt() failed:"
                            + " Operation not permitted (expected: a filter that is not locked)",
                    tap.channel.bind(PacketAddress.of("b0")).await().cause().getMessage());
        }
    }

    @Test
    void noFanoutCanBeAskedFor() throws Exception {
        try (Tap tap = new Tap().with(PacketChannelOption.FANOUT, PacketFanout.hash(10))) {
            tap.channel = (PacketChannel) tap.bootstrap.register().sync().channel();
            tap.channel.config().setOption(PacketChannelOption.FANOUT, null);
            assertNull(tap.channel.config().getOption(PacketChannelOption.FANOUT));
            tap.channel.bind(PacketAddress.of("b0")).sync();
            assertTrue(tap.channel.isActive());
        }
    }
}
