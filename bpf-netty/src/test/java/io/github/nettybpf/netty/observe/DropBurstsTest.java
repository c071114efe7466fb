package io.github.nettybpf.netty.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.nettybpf.netty.drops.DropReason;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DropBurstsTest {
    private static final String EVENT = "io.github.nettybpf.DropBurst";
    private static final int PATIENCE_SECONDS = 120;

    private final DropBursts bursts = new DropBursts();
    private final PacketCounters counters = new PacketCounters();

    @TempDir
    private Path folder;

    private void drop(int packets) {
        for (int i = 0; i < packets; i++) {
            counters.drop(DropReason.PROGRAM);
        }
    }

    @Test
    void moreThanAThousandInASecondAreABurst() throws Exception {
        Path file = folder.resolve("bursts.jfr");
        long second = TimeUnit.SECONDS.toNanos(1);
        try (Recording recording = new Recording()) {
            recording.enable(EVENT);
            recording.start();
            FilterEvents.Watch watch = bursts.watch("1a2b", counters);
            long now = System.nanoTime();
            bursts.look(now += second);
            drop(1000);
            bursts.look(now += second); // no more than a thousand
            drop(1001);
            bursts.look(now += second); // a burst
            bursts.look(now += second);
            drop(1000);
            bursts.look(now += second / 10); // less than a second is a whole one
            drop(2001);
            bursts.look(now += 2 * second); // a burst: more than a thousand in each second
            drop(2000);
            bursts.look(now += 2 * second);
            watch.end();
            drop(5000);
            bursts.look(now + second); // nobody watches
            recording.stop();
            recording.dump(file);
        }
        assertEquals(
                List.of("1a2b 1001 PT1S 2001", "1a2b 2001 PT2S 5002"),
                RecordingFile.readAllEvents(file).stream()
                        // The handlers of other tests may have bursts of their own.
                        .filter(event -> event.getEventType().getName().equals(EVENT)
                                && event.getString("channelId").equals("1a2b"))
                        .map(event -> event.getString("channelId") + " " + event.getLong("dropped") + " "
                                + event.getDuration("interval") + " " + event.getLong("total"))
                        .toList());
    }

    /** A handler that never was removed is forgotten when it is collected. */
    @Test
    void whatIsCollectedIsForgotten() {
        for (int i = 0; i < 100; i++) {
            bursts.watch("gone", new PacketCounters());
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (bursts.size() > 0) {
            assertTrue(System.nanoTime() < end, "they are still there");
            System.gc();
            LockSupport.parkNanos(1_000_000);
            bursts.watch("next", counters).end();
        }
    }
}
