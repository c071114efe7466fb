package io.github.nettybpf.benchmarks;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The process of a {@link JvmEngine}; for the protocol see {@link PeerProcess}. */
final class JavaPeer {
    /**
     * The library's logger: each handler logs at level INFO where it filters. Kept in a field, because a logger that is
     * garbage-collected loses its level.
     */
    private static final Logger LOGGER = Logger.getLogger("io.github.nettybpf");

    private JavaPeer() {}

    /** {@return what follows the JVM's own options in a command that starts the peer, by this JVM's class path} */
    static List<String> arguments(JavaEngine engine, Workload workload) {
        return List.of(
                "-cp", System.getProperty("java.class.path"), JavaPeer.class.getName(), engine.name(), workload.name());
    }

    /**
     * Answers requests until there are no more.
     *
     * @param args the names of the {@link JavaEngine} and of the {@link Workload}; then optionally {@code
     *     --many-packet-types}, with which the filter first runs on other implementations of Packet
     * @throws IOException if the requests cannot be read
     */
    public static void main(String[] args) throws IOException {
        LOGGER.setLevel(Level.WARNING);
        Workload workload = Workload.valueOf(args[1]);
        JavaEngine.Loop loop = JavaEngine.valueOf(args[0]).start(workload);
        if (List.of(args).contains("--many-packet-types") && loop instanceof FilterLoop onArrays) {
            OtherPackets.run(onArrays.filter, workload.frames());
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        System.out.println("ready");
        for (String request = requests.readLine(); request != null; request = requests.readLine()) {
            int space = request.indexOf(' ');
            int from = Integer.parseInt(request, 0, space, 10);
            int to = Integer.parseInt(request, space + 1, request.length(), 10);
            long bytes = threads.getCurrentThreadAllocatedBytes();
            long start = threads.getCurrentThreadCpuTime();
            int checksum = loop.checksum(from, to);
            long nanos = threads.getCurrentThreadCpuTime() - start;
            bytes = threads.getCurrentThreadAllocatedBytes() - bytes;
            System.out.println(nanos + " " + Integer.toUnsignedString(checksum) + " " + bytes);
        }
    }
}
