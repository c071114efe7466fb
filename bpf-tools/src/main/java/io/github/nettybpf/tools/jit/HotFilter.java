package io.github.nettybpf.tools.jit;

import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Instruction;
import io.github.nettybpf.core.Instruction.JumpIf;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.ProgramFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Runs a program until HotSpot has compiled it: the main class of the JVM that {@link MachineCode} starts. */
final class HotFilter {
    /** Enough: without C1, C2 compiles a method after 10,000 calls. */
    private static final int RUNS = 60_000;

    private static final int PACKETS = 1 << 10;
    private static final int LONGEST = 1 << 11;

    private HotFilter() {}

    /** Runs the program of standard input. */
    public static void main(String[] args) throws IOException {
        Program program = ProgramFormat.readAny(new String(System.in.readAllBytes(), StandardCharsets.US_ASCII));
        Filter filter = Filter.compile(program);
        List<Packet> packets = packets(program);
        for (int i = 0; i < RUNS; i++) {
            filter.run(packets.get(i % PACKETS));
        }
    }

    /**
     * Bytes of the packet that the program loads.
     *
     * @param constants what the program compares them with; first the constants after the load
     */
    private record Place(LoadAbsolute load, List<Integer> constants) {}

    private static List<Place> places(Program program) {
        List<Place> places = new ArrayList<>();
        for (Instruction instruction : program.instructions()) {
            if (instruction instanceof LoadAbsolute load && load.off() >= 0 && load.off() <= LONGEST - load.size()) {
                places.add(new Place(load, new ArrayList<>()));
            } else if (instruction instanceof JumpIf jump && !places.isEmpty()) {
                places.get(places.size() - 1).constants.add(jump.val());
            }
        }
        // A jump can lead to comparisons anywhere in the program.
        List<Integer> all = places.stream()
                .flatMap(place -> place.constants.stream())
                .distinct()
                .toList();
        places.removeIf(place -> place.constants.isEmpty());
        places.forEach(place -> all.stream()
                .filter(constant -> place.load.size() == 4 || constant >>> (8 * place.load.size()) == 0)
                .forEach(place.constants::add));
        return places;
    }

    /** {@return packets that often contain a constant where the program compares with it} */
    private static List<Packet> packets(Program program) {
        List<Place> places = places(program);
        Random random = new Random(1);
        List<Packet> packets = new ArrayList<>();
        for (int i = 0; i < PACKETS; i++) {
            byte[] bytes = new byte[i % 8 == 0 ? random.nextInt(64) : LONGEST];
            random.nextBytes(bytes);
            for (Place place : places) {
                LoadAbsolute load = place.load;
                if (random.nextInt(4) > 0 && load.off() + load.size() <= bytes.length) {
                    put(bytes, load, place.constants.get(random.nextInt(place.constants.size())));
                }
            }
            packets.add(Packet.of(bytes));
        }
        return packets;
    }

    private static void put(byte[] bytes, LoadAbsolute load, int value) {
        ByteBuffer place = ByteBuffer.wrap(bytes).position(load.off());
        switch (load.size()) {
            case 1 -> place.put((byte) value);
            case 2 -> place.putShort((short) value);
            default -> place.putInt(value);
        }
    }
}
