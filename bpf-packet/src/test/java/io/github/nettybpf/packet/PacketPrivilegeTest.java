package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.Epoll;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Packet channels with and without CAP_NET_RAW. */
class PacketPrivilegeTest {
    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        static native int capget(int[] header, int[] data);

        static native int capset(int[] header, int[] data);

        static native int geteuid();
    }

    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int CAP_NET_RAW = 13;

    private static final String IN_NAMESPACES = "packet-tests-in-namespaces.txt";

    /** The exit code of a JVM whose tests were all skipped. */
    private static final int ALL_SKIPPED = 77;

    /** Drops CAP_NET_RAW from the calling thread only. */
    private static void dropNetRaw() {
        int[] header = {CAPABILITY_VERSION_3, 0};
        int[] data = new int[6];
        assertEquals(0, C.capget(header, data));
        data[0] &= ~(1 << CAP_NET_RAW);
        assertEquals(0, C.capset(header, data));
    }

    @Test
    void withoutTheRightTheBindSaysWhatIsNeeded() throws Exception {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        try (Tap tap = new Tap()) {
            CompletableFuture<ChannelFuture> bound = new CompletableFuture<>();
            // A channel's socket is opened by the thread that makes the channel.
            Thread thread = new Thread(() -> {
                try {
                    dropNetRaw();
                    bound.complete(tap.bootstrap.bind(PacketAddress.of("lo")).await());
                } catch (Throwable e) {
                    bound.completeExceptionally(e);
                }
            });
            thread.start();
            ChannelFuture failed = bound.get(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertInstanceOf(SocketException.class, failed.cause());
            assertEquals(
                    "socket(AF_PACKET): not permitted: a packet socket needs CAP_NET_RAW"
                            + " (expected: root; or AmbientCapabilities=CAP_NET_RAW in the systemd unit; or `setcap"
                            + " cap_net_raw+ep` on a java of its own, whose lib folder ldconfig then has to know; or, in a"
                            + " network namespace of its own, `unshare -Urn`)",
                    failed.cause().getMessage());
            assertFalse(failed.channel().isOpen());
        }
    }

    /**
     * An ordinary user has CAP_NET_RAW in new namespaces (unshare -Urn): runs the other tests of this package there.
     */
    @Test
    void anOrdinaryUserHasItInNamespacesOfItsOwn() throws Exception {
        assumeTrue(C.geteuid() != 0, "root needs no namespaces for it: the tests ran as they are");
        assumeTrue(run("true") == 0, "`unshare -Urn` does not work here");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        assertEquals(
                0,
                run(
                        java,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Dio.netty.leakDetection.level=paranoid",
                        PacketPrivilegeTest.class.getName()));
    }

    /** As by default on JDK 25: without sun.misc.Unsafe, Netty's buffers do not tell their addresses. */
    @Test
    void allOfItWorksWithoutUnsafe() throws Exception {
        assumeTrue(C.geteuid() == 0 || run("true") == 0, "`unshare -Urn` does not work here");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dio.netty.noUnsafe=true",
                PacketPrivilegeTest.class.getName(),
                PacketChannelTest.class.getName(),
                PacketOptionsTest.class.getName(),
                PacketFanoutTest.class.getName());
        String said = C.geteuid() == 0 ? "packet-tests-without-unsafe.txt" : IN_NAMESPACES;
        int code = C.geteuid() == 0 ? run(said, command) : run(command.toArray(String[]::new));
        assumeTrue(code != ALL_SKIPPED, "all of these tests were skipped: see target/" + said);
        assertEquals(0, code, "see target/" + said);
    }

    private static int run(String... command) throws IOException, InterruptedException {
        List<String> whole = new ArrayList<>(
                // Netty logs a warning if no interface is up.
                List.of("unshare", "-Urn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"));
        whole.addAll(List.of(command));
        return run(IN_NAMESPACES, whole);
    }

    private static int run(String output, List<String> whole) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(whole)
                .redirectErrorStream(true)
                .redirectOutput(new File("target", output))
                .start();
        if (!process.waitFor(1, TimeUnit.HOURS)) {
            process.destroyForcibly();
            throw new IllegalStateException("still running: " + whole);
        }
        return process.exitValue();
    }

    /** Runs the tests of the named classes, or of this package if there are none. */
    public static void main(String[] args) {
        List<DiscoverySelector> selectors = new ArrayList<>();
        for (String name : args) {
            selectors.add(DiscoverySelectors.selectClass(name));
        }
        if (selectors.isEmpty()) {
            selectors.add(DiscoverySelectors.selectPackage(PacketPrivilegeTest.class.getPackageName()));
        }
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectors)
                .filters(ClassNameFilter.includeClassNamePatterns(".*Test"), TagFilter.excludeTags("soak"))
                .build();
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, summary);
        summary.getSummary().printTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        summary.getSummary().printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        boolean failed = summary.getSummary().getTotalFailureCount() > 0;
        boolean passed = summary.getSummary().getTestsSucceededCount() > 0;
        System.exit(failed ? 1 : passed ? 0 : ALL_SKIPPED);
    }
}
