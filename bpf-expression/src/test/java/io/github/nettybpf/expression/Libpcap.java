package io.github.nettybpf.expression;

import io.github.nettybpf.core.RawInstruction;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** The libpcap that is installed, as a process that compiles expressions. */
final class Libpcap implements AutoCloseable {
    private static final int LIVE = -1;

    /** DLT_USB_LINUX, for which libpcap knows no headers, either. */
    private static final int USB = 189;

    private final Path folder;
    private final Process process;
    private final BufferedWriter in;
    private final BufferedReader out;
    private @Nullable Boolean canBeLive;

    private Libpcap(Path folder) throws IOException {
        this.folder = folder;
        this.process = new ProcessBuilder(folder.resolve("compile").toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        this.in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** {@return libpcap} If it, its headers or a C compiler are missing, the test is skipped with a message. */
    static Libpcap start() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("libpcap");
        Path source = folder.resolve("compile.c");
        try (InputStream resource = Libpcap.class.getResourceAsStream("compile.c")) {
            Files.copy(Objects.requireNonNull(resource), source);
        }
        int status;
        try {
            status = new ProcessBuilder("cc", "-o", folder.resolve("compile").toString(), source.toString(), "-lpcap")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            status = -1;
        }
        if (status != 0) {
            delete(folder);
            Assumptions.abort("libpcap's headers or a C compiler are not installed (libpcap-dev, gcc)");
        }
        return new Libpcap(folder);
    }

    private static int number(LinkType type) {
        return switch (type) {
            case EN10MB -> 1;
            case RAW -> 12;
            case LINUX_SLL -> 113;
            case LINUX_SLL2 -> 276;
            case NULL -> 0;
            case LOOP -> 108;
            case PPP -> 9;
            case PPP_ETHER -> 51;
            case C_HDLC -> 104;
            case FRELAY -> 107;
            case IPNET -> 226;
            case IEEE802_11 -> 105;
            case IEEE802_11_RADIO -> 127;
            case OTHER -> USB;
        };
    }

    /** {@return whether libpcap can open a live capture, which takes CAP_NET_RAW} If it cannot, prints why. */
    boolean isLive() throws IOException {
        if (canBeLive == null) {
            Compiled compiled = compile("vlan", LinkType.EN10MB, true, true);
            canBeLive = compiled.error().isEmpty();
            if (!canBeLive) {
                System.out.println("not compared with libpcap: live captures, because of: " + compiled.error());
            }
        }
        return canBeLive;
    }

    /** What libpcap makes of an expression: instructions, or the reason why there are none. */
    record Compiled(List<RawInstruction> instructions, String error) {}

    /** Compiles for a capture, or for one that is live, whose packets lack their VLAN tags. */
    Compiled compile(String expression, LinkType type, boolean live, boolean optimize) throws IOException {
        in.write((live ? LIVE : number(type)) + " " + (optimize ? 1 : 0) + " " + expression + "\n");
        in.flush();
        String line = out.readLine();
        if (line == null) {
            throw new IOException("libpcap ended at: " + expression);
        } else if (line.startsWith("!")) {
            return new Compiled(List.of(), line.substring(2));
        }
        List<RawInstruction> instructions = new ArrayList<>();
        String[] parts = line.split(",", -1);
        for (int i = 1; i < parts.length; i++) {
            String[] fields = parts[i].split(" ", -1);
            instructions.add(new RawInstruction(
                    Integer.parseInt(fields[0]),
                    Integer.parseInt(fields[1]),
                    Integer.parseInt(fields[2]),
                    Integer.parseUnsignedInt(fields[3])));
        }
        return new Compiled(instructions, "");
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        delete(folder);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
