package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.examples.Namespaces.Program;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The listener with the kernel's own ARP, and with arping. */
class ArpListenerNamespaceTest {
    @Test
    void seesTheKernelAndArping() throws Exception {
        try (Namespaces namespaces = Namespaces.make("ping", "arping")) {
            namespaces.run(Namespaces.CLIENT, "ip address add 10.0.0.2/24 dev v0");
            Program listener = namespaces.example(Namespaces.SERVER, ArpListener.class, "-i", "v0");

            namespaces.run(Namespaces.CLIENT, "ping -c 1 -W 60 10.0.0.1");
            listener.await("reply: 10.0.0.1 is at 02:00:00:00:00:ff, for 10.0.0.2 at 02:00:00:00:00:01");
            listener.await("neighbour: 10.0.0.1 is at 02:00:00:00:00:ff");
            assertEquals(
                    List.of(
                            "v0, filtered in KERNEL",
                            "request: who has 10.0.0.1? asks 10.0.0.2 at 02:00:00:00:00:01",
                            "neighbour: 10.0.0.2 is at 02:00:00:00:00:01",
                            "reply: 10.0.0.1 is at 02:00:00:00:00:ff, for 10.0.0.2 at 02:00:00:00:00:01",
                            "neighbour: 10.0.0.1 is at 02:00:00:00:00:ff"),
                    listener.lines().subList(0, 5));

            namespaces
                    .start(Namespaces.CLIENT, "arping", "-D", "-c", "1", "-I", "v0", "10.0.0.9")
                    .end(0);
            listener.await("probe: who has 10.0.0.9? asks 02:00:00:00:00:01");

            listener.forget();
            namespaces.run(Namespaces.CLIENT, "arping -c 1 -I v0 10.0.0.1");
            listener.await("request: who has 10.0.0.1? asks 10.0.0.2 at 02:00:00:00:00:01");

            namespaces.run(Namespaces.CLIENT, "ip link set v0 address 02:00:00:00:00:02");
            namespaces.start(Namespaces.CLIENT, "arping", "-U", "-c", "1", "-I", "v0", "10.0.0.2");
            listener.await("announcement: 10.0.0.2 is at 02:00:00:00:00:02");
            listener.await("CONFLICT: 10.0.0.2 is claimed by 02:00:00:00:00:02 and by 02:00:00:00:00:01");

            listener.forget();
            listener.interrupt();
            listener.awaitMatch("counters: .*");
            assertEquals(
                    List.of(
                            "10.0.0.1 02:00:00:00:00:ff, last seen TIME",
                            "10.0.0.2 02:00:00:00:00:02, earlier 02:00:00:00:00:01, last seen TIME",
                            "counters: N frames passed the filter, 0 of them dropped by the kernel; 0 lines of output lost"),
                    listener.lines().stream()
                            .map(line -> line.replaceFirst("last seen 20\\d\\d-.*", "last seen TIME")
                                    .replaceFirst("counters: \\d+", "counters: N"))
                            .toList());
        }
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        try (Namespaces namespaces = Namespaces.make()) {
            Program down = namespaces.example(Namespaces.SERVER, ArpListener.class, "-i", "v0");
            namespaces.run(Namespaces.SERVER, "ip link set v0 down");
            down.await("interface DOWN");
            namespaces.run(Namespaces.SERVER, "ip link set v0 up");
            down.await("interface UP");
            namespaces.run(Namespaces.SERVER, "ip link delete v0");
            down.await("interface DELETED");
            down.await("v0: the channel is closed, because the interface is gone");
            down.end(1);
        }
    }
}
