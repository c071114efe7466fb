package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Seeded: a failure names its seed, program and packet. */
class RandomProgramsTest {
    private static final int SEED = 20261121;

    @Test
    void rawProgramsAreRefusedOrRun() {
        rawPrograms(SEED, RandomPrograms.share(80_000));
    }

    private static void rawPrograms(long seed, int programs) {
        RandomPrograms random = new RandomPrograms(seed);
        Packet empty = Packet.of(new byte[0]);
        int accepted = 0;
        for (int i = 0; i < programs; i++) {
            List<RawInstruction> raw = i % 4 == 0 ? random.junk() : random.plausible();
            Program program;
            try {
                program = Program.ofRaw(raw);
            } catch (VerificationException e) {
                continue;
            }
            accepted++;
            Filter filter = Filter.interpret(program);
            filter.run(empty);
            filter.run(new UnixPacket(random.packet()));
            assertEquals(raw, program.raw());
        }
        assertTrue(
                accepted > programs / 10, () -> "seed " + seed + ": too few programs were accepted to mean anything");
    }

    @Test
    void interpreterEqualsTheReference() {
        compare(SEED, RandomPrograms.share(30_000));
    }

    @Test
    @Tag("soak")
    void forLong() {
        long end = System.nanoTime() + Long.getLong("soak.seconds", 60) * 1_000_000_000L;
        long seed = System.nanoTime();
        System.out.println("random programs, first seed " + seed);
        for (; System.nanoTime() < end; seed++) {
            compare(seed, 100_000);
            rawPrograms(seed, 100_000);
            formats(seed, 10_000);
            numericFormats(seed, 10_000);
        }
    }

    private static void compare(long seed, int programs) {
        RandomPrograms random = RandomPrograms.deterministic(seed);
        for (int i = 0; i < programs; i++) {
            Program program = random.program();
            Packet packet = new UnixPacket(random.packet());
            int expected = new ReferenceMachine(program).run(packet);
            int verdict = Filter.interpret(program).run(packet);
            if (expected != verdict) {
                assertEquals(
                        Integer.toUnsignedLong(expected),
                        Integer.toUnsignedLong(verdict),
                        () -> "seed " + seed + "\n" + program + "packet " + packet);
            }
            foretold(program, packet, verdict, seed);
        }
    }

    /** A program reads and returns only what its analysis contains. */
    private static void foretold(Program program, Packet packet, int verdict, long seed) {
        Set<Integer> verdicts = program.verdicts().orElse(Set.of(verdict));
        assertTrue(verdicts.contains(verdict), () -> "seed " + seed + ": verdict " + verdict + " of\n" + program);
        Watched watched = new Watched(packet);
        Filter.interpret(program).run(watched);
        assertTrue(
                watched.reached <= program.reach().orElse(Long.MAX_VALUE),
                () -> "seed " + seed + ": reached " + watched.reached + " with\n" + program);
        assertTrue(
                !watched.network || program.offsetBases().contains(OffsetBase.NETWORK),
                () -> "seed " + seed + ": read the network header with\n" + program);
        assertTrue(
                !watched.linkLayer || program.offsetBases().contains(OffsetBase.LINK_LAYER),
                () -> "seed " + seed + ": read the link-layer header with\n" + program);
        assertTrue(
                program.extensions().containsAll(watched.extensions),
                () -> "seed " + seed + ": read " + watched.extensions + " with\n" + program);
    }

    /** Notes what a program reads of it. */
    private static final class Watched implements Packet {
        private final Packet packet;
        private final Set<Extension> extensions = EnumSet.noneOf(Extension.class);
        private long reached;
        private boolean network;
        private boolean linkLayer;

        Watched(Packet packet) {
            this.packet = packet;
        }

        @Override
        public int length() {
            return packet.length();
        }

        @Override
        public int wireLength() {
            extensions.add(Extension.LEN);
            return packet.wireLength();
        }

        @Override
        public int u8(int offset) {
            reached = Math.max(reached, offset + 1);
            return packet.u8(offset);
        }

        @Override
        public int u16(int offset) {
            reached = Math.max(reached, offset + 2);
            return packet.u16(offset);
        }

        @Override
        public int u32(int offset) {
            reached = Math.max(reached, offset + 4);
            return packet.u32(offset);
        }

        @Override
        public Packet network() {
            network = true;
            return packet;
        }

        @Override
        public Packet linkLayer() {
            linkLayer = true;
            return packet;
        }

        @Override
        public long extension(Extension extension, int a, int x) {
            extensions.add(extension);
            return packet.extension(extension, a, x);
        }
    }

    @Test
    void textAndEveryFormatLeadBack() {
        formats(SEED, RandomPrograms.share(2_500));
    }

    private static void formats(long seed, int programs) {
        List<ProgramFormat> formats = List.of(ProgramFormat.values());
        RandomPrograms random = new RandomPrograms(seed);
        for (int i = 0; i < programs; i++) {
            Program program = random.program();
            assertEquals(program, Program.of(program.instructions()));
            assertEquals(program, Program.parse(program.toString()));
            ProgramFormat format = formats.get(i % formats.size());
            String text = format.write(program);
            assertEquals(format, ProgramFormat.detect(text), text);
            assertEquals(program, ProgramFormat.readAny(text), text);
        }
    }

    @Test
    void numericFormatsKeepFieldsThatTheKernelIgnores() {
        numericFormats(SEED + 1, RandomPrograms.share(1_000));
    }

    private static void numericFormats(long seed, int programs) {
        RandomPrograms random = new RandomPrograms(seed);
        List<ProgramFormat> numeric =
                List.of(ProgramFormat.BYTECODE, ProgramFormat.C, ProgramFormat.DDD, ProgramFormat.HEX);
        for (int i = 0; i < programs; i++) {
            Program program = random.program();
            for (ProgramFormat format : numeric) {
                assertEquals(
                        program.raw(),
                        ProgramFormat.readAny(format.write(program)).raw(),
                        () -> "seed " + seed + "\n" + program);
            }
        }
    }
}
