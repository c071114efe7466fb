package io.github.nettybpf.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Floods a veth pair, and prints the CPU time per frame of each receiver. Receivers take turns. Each is a process that
 * runs until the end, so that its JVM stays warm, and has its socket open only during its turn.
 */
final class PacketTable {
    /** Warm-up rounds of the first frame size, in which HotSpot compiles; fewer are enough for the others. */
    private static final int FIRST_WARM_UP_ROUNDS = Integer.getInteger("warmUps", 10);

    private static final int WARM_UP_ROUNDS = 3;
    private static final int ROUNDS = Integer.getInteger("rounds", 9);

    /** On a machine that is busy with other work, 20,000 fit into every ring: none is lost, and there are no wakeups. */
    private static final int FRAMES = Integer.getInteger("frames", 4_000_000);

    /** One sender alone does not reach a million frames per second. */
    private static final int SENDERS = 2;

    /** The class path of another build, such as the one before a change, that takes turns with this one. */
    private static final @Nullable String OTHER_BUILD = System.getProperty("otherBuild");

    /** Longer than the retire timeout of a ring block. */
    private static final int SETTLED_MILLIS = 50;

    private static final int[] SIZES = {64, 512};

    private PacketTable() {}

    /** One turn of a receiver. */
    private record Turn(double nanosPerFrame, double framesPerSecond, double lost) {}

    /** A row of the table: a process, and the filter that it is asked to use. */
    private record Receiver(String name, Peer peer, String filter, List<Turn> turns) {
        Receiver(String name, Peer peer, String filter) {
            this(name, peer, filter, new ArrayList<>());
        }
    }

    /** A receiving process. */
    private static final class Peer {
        private final String name;
        private final BufferedWriter requests;
        private final BufferedReader answers;

        Peer(List<String> command) throws IOException {
            name = String.join(" ", command);
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            requests = process.outputWriter(StandardCharsets.US_ASCII);
            answers = process.inputReader(StandardCharsets.US_ASCII);
            answer();
        }

        String ask(String request) throws IOException {
            requests.write(request + "\n");
            requests.flush();
            return answer();
        }

        private String answer() throws IOException {
            String answer = answers.readLine();
            if (answer == null) {
                throw new EOFException(name + " ended");
            }
            return answer;
        }
    }

    /**
     * Measures and prints.
     *
     * @param args the interfaces to send through and to receive from; the executable packet_flood and, if it was built,
     *     pcap_loop
     * @throws IOException if a receiver or the sender fails
     * @throws InterruptedException if interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<Receiver> receivers = new ArrayList<>();
        if (args.length > 3) {
            Peer pcap = new Peer(List.of(args[3], args[1]));
            receivers.add(new Receiver("libpcap, pcap_loop", pcap, "all"));
            receivers.add(new Receiver("the same, the filter keeps 1 %", pcap, "hundredth"));
        }
        Peer copies = java(args[1], "ring", 1 << 18, 64);
        receivers.add(new Receiver("PacketChannel, copies", copies, "all"));
        receivers.add(new Receiver("the same without a filter", copies, "unfiltered"));
        receivers.add(new Receiver("the same, the filter keeps 1 %", copies, "hundredth"));
        receivers.add(new Receiver("the same, the filter keeps nothing", copies, "none"));
        receivers.add(new Receiver("PacketChannel, slices", java(args[1], "ring_slices", 1 << 18, 64), "all"));
        if (OTHER_BUILD != null) {
            Peer otherCopies = java(OTHER_BUILD, args[1], "ring", 1 << 18, 64);
            receivers.add(new Receiver("other build, copies", otherCopies, "all"));
            receivers.add(new Receiver("the same, the filter keeps 1 %", otherCopies, "hundredth"));
            Peer otherSlices = java(OTHER_BUILD, args[1], "ring_slices", 1 << 18, 64);
            receivers.add(new Receiver("other build, slices", otherSlices, "all"));
        }
        receivers.add(new Receiver("copies, 8 blocks of 2 MiB", java(args[1], "ring", 1 << 21, 8), "all"));
        receivers.add(new Receiver("slices, 8 blocks of 2 MiB", java(args[1], "ring_slices", 1 << 21, 8), "all"));
        receivers.add(new Receiver("PacketChannel, reads", java(args[1], "read", 1 << 18, 64), "all"));
        System.out.println("| bytes | receiver | CPU ns/frame sent, median | min | max | frames/s received | lost % |");
        System.out.println("|---:|---|---:|---:|---:|---:|---:|");
        for (int size : SIZES) {
            int warmUp = size == SIZES[0] ? FIRST_WARM_UP_ROUNDS : WARM_UP_ROUNDS;
            for (int round = -warmUp; round < ROUNDS; round++) {
                for (Receiver receiver : receivers) {
                    Turn turn = turn(receiver, args[2], args[0], size);
                    if (round >= 0) {
                        receiver.turns().add(turn);
                    }
                }
            }
            for (Receiver receiver : receivers) {
                print(size, receiver);
                receiver.turns().clear();
            }
        }
    }

    private static Peer java(String device, String mode, int blockSize, int blockCount) throws IOException {
        return java(System.getProperty("java.class.path"), device, mode, blockSize, blockCount);
    }

    private static Peer java(String classpath, String device, String mode, int blockSize, int blockCount)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // The interfaces have no hardware address of which Netty could make its machine id.
        command.add("-Dio.netty.machineId=02:00:00:00:00:00:00:01");
        command.addAll(List.of("-cp", classpath, PacketReceiver.class.getName()));
        command.addAll(List.of(device, mode, String.valueOf(blockSize), String.valueOf(blockCount)));
        return new Peer(command);
    }

    private static Turn turn(Receiver receiver, String flood, String device, int size)
            throws IOException, InterruptedException {
        Peer peer = receiver.peer();
        peer.ask("open " + receiver.filter());
        List<Process> senders = new ArrayList<>();
        for (int i = 0; i < SENDERS; i++) {
            senders.add(new ProcessBuilder(flood, device, String.valueOf(size), String.valueOf(FRAMES / SENDERS))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
        double took = 0;
        for (Process sender : senders) {
            String nanos = new String(sender.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            if (sender.waitFor() != 0) {
                throw new IOException(flood + " failed");
            }
            took = Math.max(took, Double.parseDouble(nanos));
        }
        // Frames in flight arrive within the retire timeout. Of two equal counts the first is taken, because the second
        // query costs the receiver CPU time too.
        String[] counted;
        String[] again = {};
        do {
            Thread.sleep(SETTLED_MILLIS);
            counted = again;
            again = peer.ask("count").split(" ", -1);
        } while (counted.length == 0 || !again[1].equals(counted[1]));
        long frames = Long.parseLong(counted[1]);
        peer.ask("close");
        double nanos = Double.parseDouble(counted[0]);
        double seconds = took / 1e9;
        return new Turn(nanos / FRAMES, frames / seconds, 100.0 * Double.parseDouble(counted[2]) / FRAMES);
    }

    private static void print(int size, Receiver receiver) {
        double[] nanos = receiver.turns().stream()
                .mapToDouble(Turn::nanosPerFrame)
                .sorted()
                .toArray();
        System.out.printf(
                Locale.ROOT,
                "| %d | %s | %.1f | %.1f | %.1f | %,.0f | %.2f |%n",
                size,
                receiver.name(),
                nanos[nanos.length / 2],
                nanos[0],
                nanos[nanos.length - 1],
                median(receiver.turns().stream()
                        .mapToDouble(Turn::framesPerSecond)
                        .toArray()),
                median(receiver.turns().stream().mapToDouble(Turn::lost).toArray()));
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
