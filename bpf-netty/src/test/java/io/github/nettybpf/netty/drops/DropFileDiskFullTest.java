package io.github.nettybpf.netty.drops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.nettybpf.core.Placement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file on a disk that becomes full: a small tmpfs, in a mount namespace of another JVM. */
class DropFileDiskFullTest {
    private static final int CONTENT = 10_000;

    @TempDir
    private Path directory;

    private static String inNamespace(String script, Path argument) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("unshare", "-Urm", "sh", "-c", script, "sh", argument.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(5, TimeUnit.MINUTES));
        return process.exitValue() == 0 ? printed : "exit code " + process.exitValue() + "\n" + printed;
    }

    private static boolean canMount(Path directory) throws InterruptedException {
        try {
            return inNamespace("mount -t tmpfs none \"$1\" && echo mounted", directory)
                    .equals("mounted\n");
        } catch (IOException noUnshare) {
            return false;
        }
    }

    @Test
    void keepsWholeSamplesAndGoesOn() throws IOException, InterruptedException {
        assumeTrue(canMount(directory), "no mount namespace: needs `unshare -Urm`");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String printed = inNamespace(
                "mount -t tmpfs -o size=160k none \"$1\" && exec '" + java + "' -XX:TieredStopAtLevel=1 -cp '"
                        + System.getProperty("java.class.path") + "' " + DropFileDiskFullTest.class.getName()
                        + " \"$1\"",
                directory);
        assertEquals("""
                samples: IOException: No space left on device
                again: IOException: No space left on device
                whole blocks: true, as many packets as were written: true
                after space was made: written
                whole blocks: true, as many packets as were written: true
                opened on a full disk: IOException: No space left on device
                files: drops.1.pcapng, filler
                opened once more: IOException: No space left on device
                files: drops.1.pcapng, filler
                """, printed);
    }

    /** What the other JVM runs. */
    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        Path path = directory.resolve("drops.pcapng");
        Path filler = Files.write(directory.resolve("filler"), new byte[64 << 10]);
        int written = 0;
        DropFile file = DropFile.open(path, DropFile.MIN_BYTES, 1);
        String problem = write(file);
        while (problem.equals("written")) {
            written++;
            problem = write(file);
        }
        System.out.println("samples: " + problem);
        System.out.println("again: " + write(file));
        check(path, written);
        Files.delete(filler);
        System.out.println("after space was made: " + write(file));
        check(path, written + 1);
        file.close();
        fill(filler);
        for (String what : List.of("opened on a full disk: ", "opened once more: ")) {
            try {
                DropFile.open(path, DropFile.MIN_BYTES, 1).close();
                System.out.println(what + "opened");
            } catch (IOException e) {
                System.out.println(what + text(e));
            }
            try (Stream<Path> files = Files.list(directory)) {
                List<String> names = files.map(each -> each.getFileName().toString())
                        .sorted()
                        .toList();
                System.out.println("files: " + String.join(", ", names));
            }
        }
    }

    private static String write(DropFile file) {
        try {
            file.dropped(new DroppedPacket(
                    Instant.EPOCH,
                    new byte[CONTENT],
                    CONTENT,
                    false,
                    null,
                    null,
                    Placement.ETHERNET,
                    DropReason.PROGRAM,
                    "",
                    1,
                    false));
            return "written";
        } catch (IOException e) {
            return text(e);
        }
    }

    private static String text(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    private static void fill(Path filler) throws IOException {
        try (var out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(0);
            }
        } catch (IOException full) {
            System.out.flush();
        }
    }

    private static void check(Path path, int written) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        int packets = 0;
        boolean isWhole = true;
        while (isWhole && bytes.hasRemaining()) {
            isWhole = bytes.remaining() >= 12;
            int length = isWhole ? bytes.getInt(bytes.position() + 4) : 0;
            isWhole = isWhole && length >= 12 && length <= bytes.remaining();
            if (isWhole) {
                packets += bytes.getInt(bytes.position()) == 6 ? 1 : 0;
                bytes.position(bytes.position() + length);
            }
        }
        System.out.println("whole blocks: " + isWhole + ", as many packets as were written: " + (packets == written));
    }
}
