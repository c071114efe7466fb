package io.github.nettybpf.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import io.github.nettybpf.core.RawInstruction;
import io.github.nettybpf.core.VerificationException;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random expressions and packets, compiled by the installed libpcap and here: the verdicts must be the same. The judge
 * is libpcap's program as it is written, without its optimizer.
 */
class LibpcapTest {
    private static final int PACKETS = 40;

    /**
     * Those whose headers libpcap understands as they are: for Frame Relay it takes the link-layer header for that of the
     * network.
     */
    private static final List<LinkType> OTHERS =
            List.copyOf(EnumSet.complementOf(EnumSet.of(LinkType.EN10MB, LinkType.FRELAY, LinkType.OTHER)));

    /** How many of the comparisons are for live captures, where libpcap can open one. */
    private static final int LIVE = 5;

    private long live;
    private long expressions;
    private long pairs;
    private long refused;

    @Test
    void randomExpressionsMeanTheSame() throws Exception {
        long seed = Long.getLong("bpf.seed", 1);
        try (Libpcap libpcap = Libpcap.start()) {
            for (int i = 0; i < 600; i++) {
                compare(libpcap, seed + i);
            }
        }
        assertTrue(refused < expressions / 10, refused + " of " + expressions + " refused");
        assertTrue(pairs > 15_000, pairs + " pairs");
    }

    /** Headers whose length depends on the frame, and tests that only these frames have. */
    @ParameterizedTest
    @EnumSource(names = {"IEEE802_11", "IEEE802_11_RADIO"})
    void randomExpressionsOfWirelessFramesMeanTheSame(LinkType type) throws Exception {
        long seed = Long.getLong("bpf.seed", 1);
        int count = Integer.getInteger("bpf.expressions", 100);
        try (Libpcap libpcap = Libpcap.start()) {
            for (int i = 0; i < count; i++) {
                compare(libpcap, seed + i, new Random(seed + i), type, false);
            }
        }
        // The kernel refuses many of libpcap's programs for these, which read scratch slots that can be unset.
        assertTrue(pairs > 20L * count, pairs + " pairs");
    }

    @Test
    @Tag("soak")
    void manyMore() throws Exception {
        long seed = System.nanoTime();
        long end = System.nanoTime() + 1_000_000_000L * Integer.getInteger("soak.seconds", 60);
        try (Libpcap libpcap = Libpcap.start()) {
            for (long i = 0; System.nanoTime() < end || pairs < 200_000; i++) {
                compare(libpcap, seed + i);
            }
        }
        System.out.printf(
                "%d expressions (%d of them live), %d pairs, %d expressions refused%n",
                expressions, live, pairs, refused);
    }

    private void compare(Libpcap libpcap, long seed) throws IOException {
        Random random = new Random(seed);
        // As many are for Ethernet where libpcap may open no live capture.
        boolean wanted = random.nextInt(LIVE) == 0;
        boolean isLive = wanted && libpcap.isLive();
        live += isLive ? 1 : 0;
        boolean ethernet = wanted || random.nextBoolean();
        LinkType type = ethernet ? LinkType.EN10MB : OTHERS.get(random.nextInt(OTHERS.size()));
        compare(libpcap, seed, random, type, isLive);
    }

    private void compare(Libpcap libpcap, long seed, Random random, LinkType type, boolean isLive) throws IOException {
        String text = new RandomExpressions(random, type, isLive).next();
        Libpcap.Compiled theirs = libpcap.compile(text, type, isLive, false);
        expressions++;
        Options options = Options.DEFAULT.withNetmask(0xffffff00).withRejectingAll();
        Program ours;
        Program plain;
        try {
            ours = compile(text, type, isLive, options);
            plain = compile(text, type, isLive, options.withoutOptimizer());
        } catch (ExpressionException e) {
            refused++;
            boolean agreed = !theirs.error().isEmpty()
                    || theirs.instructions().size() > Program.MAX_SIZE
                    || e.problem().matches(".*' by [0-9]+ \\(expected: .*");
            assertTrue(agreed, () -> describe(seed, type, text) + e.problem());
            return;
        }
        if (!theirs.error().isEmpty()) {
            refused++;
            assertTrue(isQuirk(theirs.error()), () -> describe(seed, type, text) + theirs.error());
            return;
        }
        Libpcap.Compiled optimized = libpcap.compile(text, type, isLive, true);
        RandomPackets packets = new RandomPackets(random, type);
        judge(describe(seed, type, text), plain, ours, theirs.instructions(), optimized.instructions(), packets);
    }

    private static Program compile(String text, LinkType type, boolean live, Options options) {
        FilterExpression expression = live
                ? FilterExpression.of(text, Placement.ETHERNET, options)
                : FilterExpression.of(text, type, options);
        return expression.program();
    }

    /** {@return whether libpcap refuses what can be compiled} docs/expressions.md has the list. */
    private static boolean isQuirk(String error) {
        return error.contains("division by zero")
                || error.contains("modulus by zero")
                || error.contains("shift by more than 31 bits");
    }

    /**
     * The plain program has to agree with libpcap's; the optimized one, where a packet is cut, with either of
     * libpcap's.
     */
    private void judge(
            String what,
            Program plain,
            Program optimized,
            List<RawInstruction> theirs,
            List<RawInstruction> theirsOptimized,
            RandomPackets packets) {
        Filter judge;
        Filter second;
        try {
            judge = Filter.interpret(Program.ofRaw(theirs));
            second = theirsOptimized.isEmpty() ? judge : Filter.interpret(Program.ofRaw(theirsOptimized));
        } catch (VerificationException e) {
            refused++;
            return;
        }
        Filter ours = Filter.interpret(plain);
        Filter oursOptimized = Filter.interpret(optimized);
        for (int i = 0; i < PACKETS; i++) {
            boolean cut = i % 8 == 0;
            CapturedPacket packet = packets.next(cut);
            int verdict = judge.run(packet);
            pairs++;
            assertEquals(verdict, ours.run(packet), () -> what + hex(packet) + "\n" + plain);
            int verdictOptimized = oursOptimized.run(packet);
            // libpcap does not optimize programs that compute where a header is.
            boolean isUnoptimized = theirs.equals(theirsOptimized);
            if (!cut || (!isUnoptimized && verdictOptimized != second.run(packet))) {
                assertEquals(
                        verdict,
                        verdictOptimized,
                        () -> what + hex(packet) + "\n" + optimized + "\n" + ProgramFormat.ASM.write(theirs));
            }
        }
    }

    private static String describe(long seed, LinkType type, String text) {
        return "seed " + seed + ", " + type + ": " + text + "\n";
    }

    private static String hex(CapturedPacket packet) {
        byte[] bytes = new byte[packet.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) packet.u8(i);
        }
        return packet.wireLength() + " " + packet.metadata() + " "
                + HexFormat.of().formatHex(bytes);
    }
}
