package io.github.nettybpf.benchmarks;

import io.github.nettybpf.benchmarks.FrameMaker.Mix;
import io.github.nettybpf.core.Packet;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * A mix of packets, and a random order in which they are visited. Both are the same in every run, because their seed is
 * fixed.
 *
 * <p>The order visits each frame {@link #ROUNDS} times, because a branch predictor memorizes an order of 1,024 packets.
 */
final class Frames {
    static final int COUNT = 1024;
    static final int ROUNDS = 64;

    private static final long SEED = 0x22;

    final List<byte[]> frames;

    /** Indices of frames: {@link #ROUNDS} permutations of all of them, one after the other. */
    final int[] order;

    Frames(Mix mix) {
        Random random = new Random(SEED);
        FrameMaker maker = new FrameMaker(random);
        List<byte[]> made = new ArrayList<>(COUNT);
        for (int i = 0; i < COUNT; i++) {
            made.add(mix.frame(maker, i * 100 / COUNT));
        }
        Collections.shuffle(made, random);
        frames = List.copyOf(made);
        order = order(random);
    }

    /** {@return the frames in their order} */
    byte[][] ordered() {
        return Arrays.stream(order).mapToObj(frames::get).toArray(byte[][]::new);
    }

    /** {@return the packets of the frames in their order} Each frame has one packet. */
    Packet[] packets(Function<byte[], Packet> kind) {
        List<Packet> packets = frames.stream().map(kind).toList();
        return Arrays.stream(order).mapToObj(packets::get).toArray(Packet[]::new);
    }

    /**
     * Writes the frames and the order for another process, all numbers 32 bits big-endian: the number of frames, for
     * each its length and its bytes; the length of the order, and the order.
     *
     * @param file the file to write
     * @throws IOException if the file cannot be written
     */
    void write(Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.writeInt(frames.size());
            for (byte[] frame : frames) {
                out.writeInt(frame.length);
                out.write(frame);
            }
            out.writeInt(order.length);
            for (int index : order) {
                out.writeInt(index);
            }
        }
    }

    private static int[] order(Random random) {
        List<Integer> indices = new ArrayList<>(COUNT);
        for (int i = 0; i < COUNT; i++) {
            indices.add(i);
        }
        int[] all = new int[COUNT * ROUNDS];
        for (int at = 0; at < all.length; at += COUNT) {
            Collections.shuffle(indices, random);
            for (int i = 0; i < COUNT; i++) {
                all[at + i] = indices.get(i);
            }
        }
        return all;
    }
}
