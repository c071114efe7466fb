package io.github.nettybpf.tools.explain;

import io.github.nettybpf.expression.LinkType;
import io.github.nettybpf.tools.Refusal;
import io.github.nettybpf.tools.Source;
import io.github.nettybpf.tools.capture.CaptureReader;
import io.github.nettybpf.tools.capture.CapturedPacket;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The packet that a PACKET argument stands for: one of a capture, or a {@link PacketText}.
 *
 * @param name the packet in messages
 * @param packet the packet
 */
record PacketArgument(String name, CapturedPacket packet) {
    /** The size limit of a packet in hexadecimal. Captures may have longer ones. */
    static final int MAX_BYTES = 1 << 18;

    private static final int PCAPNG_MAGIC = 0x0a0d0d0a;

    /**
     * {@return the packet}
     *
     * @param argument the name of a file, - for standard input, or hexadecimal digits
     * @param number which packet of a capture, from 1
     * @param linkType the link type of a packet in hexadecimal; null for Ethernet
     * @throws Refusal if there is no such packet
     */
    static PacketArgument of(String argument, long number, @Nullable LinkType linkType, InputStream standardInput)
            throws Refusal {
        if (!argument.equals("-") && !isFile(argument)) {
            return ofHex("PACKET", argument, number, linkType);
        }
        Source source = new Source(argument);
        try (InputStream in = new BufferedInputStream(source.open(standardInput))) {
            in.mark(6);
            byte[] start = in.readNBytes(6);
            in.reset();
            return isHex(start)
                    ? ofHex(source.name(), text(source, in), number, linkType)
                    : ofCapture(source.name(), in, number);
        } catch (IOException e) {
            throw source.unreadable(e);
        }
    }

    private static boolean isFile(String argument) {
        try {
            return !argument.isEmpty() && Files.exists(Path.of(argument));
        } catch (InvalidPathException notAName) {
            return false;
        }
    }

    /**
     * The first byte of a capture is in no text, except in pcapng, whose first four bytes are line ends, and in some
     * compressed files, whose first bytes are no hexadecimal digits.
     */
    private static boolean isHex(byte[] start) {
        if (CaptureReader.isCompressed(start)
                || (start.length >= 4 && ByteBuffer.wrap(start).getInt() == PCAPNG_MAGIC)) {
            return false;
        }
        boolean isBlank = start.length > 0 && (start[0] == '\t' || start[0] == '\n' || start[0] == '\r');
        return start.length == 0 || isBlank || (start[0] >= ' ' && start[0] < 0x7f);
    }

    private static String text(Source source, InputStream in) throws IOException, Refusal {
        byte[] bytes = in.readNBytes(Source.MAX_BYTES + 1);
        if (bytes.length > Source.MAX_BYTES) {
            throw new Refusal(source.name() + ": more than 16 MiB (expected: a packet in hexadecimal, or a capture)");
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static PacketArgument ofHex(String name, String text, long number, @Nullable LinkType linkType)
            throws Refusal {
        if (number != 1) {
            throw new Refusal("--packet " + number + " (expected: with a capture; this is hexadecimal)");
        }
        byte[] bytes;
        try {
            bytes = PacketText.read(text);
        } catch (Refusal e) {
            String prefix = name.equals("PACKET") ? "PACKET: no file of this name, and " : name + ": ";
            throw new Refusal(prefix + e.getMessage());
        }
        if (bytes.length > MAX_BYTES) {
            throw new Refusal(name + ": " + bytes.length + " bytes (expected: at most " + MAX_BYTES + ")");
        }
        return new PacketArgument("packet", CapturedPacket.of(linkType == null ? LinkType.EN10MB : linkType, bytes));
    }

    private static PacketArgument ofCapture(String name, InputStream in, long number) throws IOException, Refusal {
        try (CaptureReader reader = CaptureReader.open(in)) {
            CapturedPacket packet = reader.next();
            long count = 0;
            while (packet != null && packet.number() < number) {
                count = packet.number();
                packet = reader.next();
            }
            if (packet == null) {
                String range = count == 0 ? "a capture with packets" : "1.." + count;
                throw new Refusal(name + ": no packet " + number + " (expected: " + range + ")");
            }
            return new PacketArgument("packet " + number + " of " + name, packet.copy());
        }
    }
}
