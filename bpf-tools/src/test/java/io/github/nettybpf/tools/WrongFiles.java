package io.github.nettybpf.tools;

import io.github.nettybpf.tools.capture.CaptureBytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A folder with wrong input files, and some right ones, for tests of the messages of verbs. */
public final class WrongFiles {
    private final Path directory;

    public WrongFiles(Path directory) throws IOException {
        this.directory = directory;
        byte[] good = CaptureBytes.pcap()
                .record(1, 0, 20, new byte[20])
                .record(2, 0, 20, new byte[20])
                .toByteArray();
        write("good.pcap", good);
        write("cut.pcap", Arrays.copyOf(good, good.length - 5));
        write("empty.pcap", CaptureBytes.pcap().toByteArray());
        write(
                "user0.pcap",
                CaptureBytes.pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, 147)
                        .record(1, 0, 4, new byte[4])
                        .toByteArray());
        write(
                "two.pcapng",
                CaptureBytes.pcapng(ByteOrder.LITTLE_ENDIAN)
                        .describe(1, 0)
                        .describe(101, 0)
                        .enhanced(0, 1, 20, new byte[20])
                        .enhanced(1, 2, 20, new byte[20])
                        .toByteArray());
        write("junk", new byte[] {(byte) 0xde, (byte) 0xad, (byte) 0xbe, (byte) 0xef});
        write("none", new byte[0]);
        write("text", "hello\n".getBytes(StandardCharsets.US_ASCII));
        write("long.hex", "00".repeat(262_145).getBytes(StandardCharsets.US_ASCII));
        write("bad.bpf", "ldh [12]\nret x\n".getBytes(StandardCharsets.US_ASCII));
        write("lies.bpf", "2,6 0 0 0".getBytes(StandardCharsets.US_ASCII));
        write("refused.bpf", "ldh [12]".getBytes(StandardCharsets.US_ASCII));
    }

    private void write(String name, byte[] bytes) throws IOException {
        Files.write(directory.resolve(name), bytes);
    }

    public InputStream in() {
        return new ByteArrayInputStream(new byte[0]);
    }

    /** {@return a verb and its arguments, split at blanks; $ is the folder, _ a blank, EMPTY an empty argument} */
    public String[] arguments(String verb, String line) {
        List<String> arguments = new ArrayList<>(List.of(verb));
        for (String argument : line.isEmpty() ? new String[0] : line.split(" ", -1)) {
            arguments.add(
                    argument.equals("EMPTY")
                            ? ""
                            : argument.replace("$", directory + "/").replace('_', ' '));
        }
        return arguments.toArray(String[]::new);
    }

    /**
     * {@return the first line of the message, with $ for the folder} Further lines only show the place or name --help.
     */
    public String firstLine(Command run) {
        List<String> lines = run.err().lines().toList();
        boolean showsPlace = lines.size() == 3
                && lines.get(1).startsWith("  ")
                && lines.get(2).strip().equals("^");
        boolean showsHelp = lines.size() == 2 && lines.get(1).startsWith("Try 'bpf ");
        if (lines.size() != 1 && !showsPlace && !showsHelp) {
            throw new AssertionError(run.err());
        }
        return lines.get(0).replace(directory + "/", "$");
    }
}
