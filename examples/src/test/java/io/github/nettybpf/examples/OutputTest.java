package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutputTest {
    private static final int LINES = 3 * Output.QUEUED_LINES;

    /** A stream that takes nothing before its reader reads. */
    private static final class Unread extends OutputStream {
        final CountDownLatch reading = new CountDownLatch(1);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(int octet) throws IOException {
            try {
                reading.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            bytes.write(octet);
        }
    }

    @Test
    void aReaderWhoDoesNotReadCostsLinesAndNoTime() throws InterruptedException {
        Unread stream = new Unread();
        Output out = new Output(stream, false, () -> {});
        for (int i = 0; i < LINES; i++) {
            out.accept(Event.of("test", "line " + i));
        }
        assertTrue(out.lost() > 0, () -> out.lost() + " lost");
        stream.reading.countDown();
        out.end();
        List<String> lines =
                stream.bytes.toString(StandardCharsets.UTF_8).lines().toList();
        long told = lines.stream()
                .filter(line -> line.startsWith("lost "))
                .mapToLong(line -> Long.parseLong(line.split(" ", -1)[1]))
                .sum();
        assertEquals(out.lost(), told);
        assertEquals(
                LINES,
                told + lines.stream().filter(line -> line.startsWith("line ")).count());
    }

    @Test
    void saysWhenNobodyCanRead() throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        Output out = new Output(
                new OutputStream() {
                    @Override
                    public void write(int octet) throws IOException {
                        throw new IOException("Broken pipe");
                    }
                },
                true,
                closed::countDown);
        out.accept(Event.of("test", "line").with("number", 1));
        assertTrue(closed.await(60, TimeUnit.SECONDS));
        out.writeAll(List.of(Event.of("test", "after the end")));
        out.end();
    }
}
