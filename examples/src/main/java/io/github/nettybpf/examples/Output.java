package io.github.nettybpf.examples;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Lines of output that a thread of its own writes, so that a reader who stops reading cannot stop an event loop. Safe
 * for use by several threads.
 */
final class Output implements Consumer<Event> {
    static final int QUEUED_LINES = 4096;

    /** How long the end of the program waits for a reader who does not read. */
    private static final long PATIENCE_MILLIS = 1000;

    private static final String END = "\n";

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>(QUEUED_LINES);
    private final AtomicLong lost = new AtomicLong();
    private final PrintStream stream;
    private final boolean json;
    private final Runnable whenClosed;
    private final Thread writer = new Thread(this::write, "output");
    private volatile boolean closed;

    /**
     * @param json whether events are written as JSON, and not as text
     * @param whenClosed runs once, on the writing thread, if nobody can read the output any more (EPIPE)
     */
    Output(OutputStream stream, boolean json, Runnable whenClosed) {
        this.stream = new PrintStream(new BufferedOutputStream(stream), false, StandardCharsets.UTF_8);
        this.json = json;
        this.whenClosed = whenClosed;
        writer.setDaemon(true);
        writer.start();
    }

    /** {@return the standard output} The JVM ends with exit code 0 when its reader, for example {@code head}, is gone. */
    static Output standard(boolean json) {
        return new Output(new FileOutputStream(FileDescriptor.out), json, () -> System.exit(0));
    }

    /** Writes a line, soon. Never waits: a line for which the queue has no room is lost, and counted. */
    @Override
    public void accept(Event event) {
        if (!closed && !lines.offer(line(event))) {
            lost.incrementAndGet();
        }
    }

    /** Writes lines that may not be lost. Waits for room in the queue, for a second at most: not for an event loop. */
    void writeAll(List<Event> events) throws InterruptedException {
        for (Event event : events) {
            if (closed || !lines.offer(line(event), PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /** Writes what is queued, and ends. Waits for it for two seconds at most. */
    void end() throws InterruptedException {
        if (!closed && lines.offer(END, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
            writer.join(PATIENCE_MILLIS);
        }
    }

    /** {@return the number of lines that were lost} */
    long lost() {
        return lost.get();
    }

    private String line(Event event) {
        return json ? event.json() : event.text();
    }

    private void write() {
        long told = 0;
        try {
            while (!closed) {
                String line = lines.take();
                if (line.equals(END)) {
                    stream.flush();
                    return;
                }
                stream.println(line);
                long now = lost.get();
                if (now != told) {
                    stream.println(line(lostLines(now - told)));
                    told = now;
                }
                closed = lines.isEmpty() && stream.checkError();
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread", e);
        }
        whenClosed.run();
    }

    private static Event lostLines(long count) {
        return Event.of("lost", "lost " + count + " lines of output, which nobody read in time")
                .with("lines", count);
    }
}
