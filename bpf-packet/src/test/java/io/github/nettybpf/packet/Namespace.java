package io.github.nettybpf.packet;

import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A new network namespace (unshare(2)) for the calling thread, and for threads that it starts later; its loopback is
 * up. The namespace is deleted with its last socket, and interfaces outside it cannot be reached. Skips the test if the
 * process may not create one: then run it under {@code unshare -Urn}.
 */
final class Namespace implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final boolean HAS_IPV6 = Files.exists(Path.of("/proc/net/if_inet6"));

    private static final class C {
        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        static native int unshare(int flags);

        static native int setns(int fd, int type);

        static native int open(String path, int flags);

        static native int close(int fd);
    }

    private final int before;

    Namespace() {
        assumeTrue(Epoll.isAvailable(), () -> "no epoll: " + Epoll.unavailabilityCause());
        before = C.open("/proc/thread-self/ns/net", O_RDONLY_CLOEXEC);
        boolean mine = C.unshare(CLONE_NEWNET) == 0;
        if (!mine) {
            C.close(before);
        }
        assumeTrue(mine, "no network namespace of its own: needs CAP_SYS_ADMIN (root, or `unshare -Urn`)");
        try {
            run("ip link set lo up");
        } catch (IllegalStateException e) {
            close();
            throw e;
        }
    }

    /** Sets an interface up, without addresses, so that no neighbour discovery runs on it. */
    static void up(String name) {
        if (HAS_IPV6) {
            run("ip link set " + name + " addrgenmode none");
        }
        run("ip link set " + name + " up");
    }

    /** Creates a veth pair in the thread's namespace, and sets both ends {@link #up}, until both can send. */
    static void pair(String one, String other) {
        try {
            run("ip link add " + one + " type veth peer name " + other);
        } catch (IllegalStateException e) {
            String said = String.valueOf(e.getMessage());
            assumeFalse(
                    said.contains("Unknown device type") || said.contains("Operation not supported"),
                    "no veth in this kernel: " + said.strip());
            throw e;
        }
        up(one);
        up(other);
        awaitUp(one);
        awaitUp(other);
    }

    /**
     * Waits until an interface that was set up before its peer can send. The kernel's work queue makes it, some time after
     * the peer came up, and until then what is sent is dropped without an error. Source: linkwatch_do_dev in
     * net/core/link_watch.c, noop_enqueue in net/sched/sch_generic.c.
     */
    private static void awaitUp(String name) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Tap.PATIENCE_SECONDS);
        String shown = run("ip link show dev " + name);
        while (!shown.contains(" state UP ")) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException(name + " does not come up: " + shown);
            }
            shown = run("ip link show dev " + name);
        }
    }

    /** {@return what a command says} It is run in the namespace, and must succeed. */
    static String run(String command) {
        return run(List.of(command.split(" ", -1)));
    }

    /** {@return what a command says} It is run in the namespace, and must succeed. */
    static String run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(Tap.PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + said);
            }
            return said;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(String.join(" ", command), e);
        }
    }

    /** Like {@link #run(String)}, but skips the test if the command fails. */
    static void assumeRun(String command) {
        assumeRun(List.of(command.split(" ", -1)));
    }

    /** Like {@link #run(List)}, but skips the test if the command fails. */
    static void assumeRun(List<String> command) {
        String failure = "";
        try {
            run(command);
        } catch (IllegalStateException e) {
            failure = String.valueOf(e.getMessage());
        }
        assumeTrue(failure.isEmpty(), failure);
    }

    @Override
    public void close() {
        int result = C.setns(before, CLONE_NEWNET);
        C.close(before);
        if (result != 0) {
            throw new IllegalStateException("setns failed");
        }
    }
}
