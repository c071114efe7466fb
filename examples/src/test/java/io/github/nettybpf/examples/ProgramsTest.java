package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.nettybpf.examples.Namespaces.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the examples behave as programs: their output, their ends, and what they keep. */
class ProgramsTest {
    private static final String LEASE = "10.0.0.10, client 02:00:00:00:00:01, client id 010200000001";

    @TempDir
    Path folder;

    /** {@return a shell's command that runs an example} */
    private static String command(Class<?> example, String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp"));
        words.add("'" + System.getProperty("java.class.path") + "'");
        words.add(example.getName());
        words.addAll(List.of(arguments));
        return String.join(" ", words);
    }

    @Test
    void aServerWhoseOutputNobodyReadsAnswersAllTheSame() throws Exception {
        try (Namespaces namespaces = Namespaces.make()) {
            String server = command(DhcpServer.class, DhcpNamespaceTest.arguments());
            // The reader takes two lines, and keeps the pipe open then.
            namespaces
                    .start(Namespaces.SERVER, "sh", "-c", server + " | (head -2 >&2; exec sleep 600)")
                    .await("v0, filtered in KERNEL");
            Program client = namespaces.java(Namespaces.CLIENT, DhcpCases.class, "8000");
            client.await("answered to the end");
            client.end(0);
        }
    }

    @Test
    void aReaderThatHasEnoughEndsTheProgram() throws Exception {
        try (Namespaces namespaces = Namespaces.make("arping")) {
            Program pipe = namespaces.start(
                    Namespaces.SERVER,
                    "sh",
                    "-c",
                    "(" + command(ArpListener.class, "-i", "v0") + "; echo exit code $? >&2) | head -2");
            // Asks every second: what is sent too early is not heard.
            namespaces.start(Namespaces.CLIENT, "arping", "-D", "-c", "100", "-I", "v0", "10.0.0.99");
            pipe.await("exit code 0");
            pipe.end(0);
            assertEquals(
                    List.of(
                            "v0, filtered in KERNEL",
                            "probe: who has 10.0.0.99? asks 02:00:00:00:00:01",
                            "exit code 0"),
                    pipe.lines());
        }
    }

    @Test
    void leasesSurviveTheServersDeathAndAreListedOnASignal() throws Exception {
        Path file = folder.resolve("leases");
        try (Namespaces namespaces = Namespaces.make("udhcpc")) {
            String[] arguments = DhcpNamespaceTest.arguments("--leases", file.toString());
            Program server = namespaces.example(Namespaces.SERVER, DhcpServer.class, arguments);
            server.await("0 leases are in " + file);
            namespaces
                    .start(
                            Namespaces.CLIENT,
                            "udhcpc",
                            "-f",
                            "-q",
                            "-i",
                            "v0",
                            "-s",
                            "/bin/true",
                            "-x",
                            "61:010200000001")
                    .end(0);
            server.signal("KILL");
            server.end(137);
            assertTrue(
                    Files.readString(file).matches("20\\S+Z 10\\.0\\.0\\.10 1/020000000001 010200000001\n"),
                    Files.readString(file));

            Program again = namespaces.example(Namespaces.SERVER, DhcpServer.class, arguments);
            again.await("1 leases are in " + file);
            again.signal("USR1");
            again.awaitMatch("lease: " + LEASE + ", (ends in \\d+ s|over)");
            again.awaitMatch(
                    "counters: 0 frames passed the filter, 0 of them dropped by the kernel; 0 lines of output lost");
            again.forget();
            again.interrupt();
            again.awaitMatch("lease: " + LEASE + ", (ends in \\d+ s|over)");
            again.awaitMatch("counters: .*");
        }
    }

    @Test
    void linesOfJsonAndVlans() throws Exception {
        try (Namespaces namespaces = Namespaces.make("arping")) {
            Program listener =
                    namespaces.java(Namespaces.SERVER, ArpListener.class, "-i", "v0", "--json", "--vlan", "any");
            listener.awaitMatch(".*\"event\":\"start\".*");
            namespaces.java(Namespaces.CLIENT, ArpFrames.class).end(0);
            listener.awaitMatch(".*\"event\":\"neighbour\".*\"vlan\":200.*");
            listener.interrupt();
            listener.awaitMatch(".*\"event\":\"counters\".*");
            ObjectMapper json = new ObjectMapper();
            List<String> events = new ArrayList<>();
            for (String line : listener.lines()) {
                JsonNode node = json.readTree(line);
                String vlan = node.has("vlan") ? " in VLAN " + node.get("vlan") : "";
                events.add(node.get("event").asText() + vlan);
            }
            assertEquals(
                    List.of(
                            "start",
                            "packet",
                            "neighbour",
                            "packet in VLAN 100",
                            "neighbour in VLAN 100",
                            "packet in VLAN 200",
                            "neighbour in VLAN 200",
                            "known",
                            "known in VLAN 100",
                            "known in VLAN 200",
                            "counters"),
                    events);
        }
    }

    @Test
    void anInterfaceThatCarriesVlansIsListenedToWithoutThem() throws Exception {
        try (Namespaces namespaces = Namespaces.make()) {
            Program listener = namespaces.example(Namespaces.SERVER, ArpListener.class, "-i", "v0", "--new");
            Program tagged =
                    namespaces.example(Namespaces.SERVER, ArpListener.class, "-i", "v0", "--new", "--vlan", "100");
            namespaces.java(Namespaces.CLIENT, ArpFrames.class, "last").end(0);
            listener.await("neighbour: 10.0.0.99 is at 02:00:00:00:00:04");
            tagged.await("vlan 100, neighbour: 10.0.0.9 is at 02:00:00:00:00:02");
            assertEquals(
                    List.of(
                            "v0, filtered in KERNEL",
                            "neighbour: 10.0.0.9 is at 02:00:00:00:00:01",
                            "neighbour: 10.0.0.99 is at 02:00:00:00:00:04"),
                    listener.lines());
        }
    }

    @Test
    void helpIsHelp() throws Exception {
        for (Class<?> example : List.of(ArpListener.class, DhcpListener.class, DhcpServer.class)) {
            Program program = Namespaces.tool("sh", "-c", command(example, "--help"));
            program.end(0);
            assertTrue(program.lines().get(0).startsWith("Usage: " + example.getSimpleName() + " "), program::toString);
        }
    }
}
