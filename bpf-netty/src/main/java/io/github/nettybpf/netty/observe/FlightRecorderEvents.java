package io.github.nettybpf.netty.observe;

import io.github.nettybpf.core.Program;
import io.netty.channel.Channel;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import org.jspecify.annotations.Nullable;

/**
 * The events of JDK Flight Recorder: loaded only where the JVM has it. An event class is loaded only when there is a
 * recording: the JVM initializes Flight Recorder to load one, which takes a tenth of a second.
 */
final class FlightRecorderEvents extends FilterEvents {
    private final DropBursts bursts = new DropBursts();

    /** The listener is called at once if there is a recording already. */
    FlightRecorderEvents() {
        FlightRecorder.addListener(new FlightRecorderListener() {
            @Override
            public void recorderInitialized(FlightRecorder recorder) {
                FlightRecorder.addPeriodicEvent(DropBurstEvent.class, bursts::look);
            }
        });
    }

    /** {@return what Netty logs of a channel first} */
    private static String id(Channel channel) {
        return channel.id().asShortText();
    }

    @Override
    public void locate(Channel channel, Enum<?> before, Enum<?> after, String reason) {
        if (!FlightRecorder.isInitialized()) {
            return;
        }
        FilterLocationChange event = new FilterLocationChange();
        if (event.shouldCommit()) {
            event.channelId = id(channel);
            event.oldLocation = before.name();
            event.newLocation = after.name();
            event.reason = reason;
            event.commit();
        }
    }

    @Override
    public Attach attach(Channel channel, Program program) {
        if (!FlightRecorder.isInitialized()) {
            return error -> {};
        }
        FilterAttachEvent event = new FilterAttachEvent();
        event.begin();
        return error -> {
            event.end();
            if (event.shouldCommit()) {
                event.channelId = id(channel);
                event.instructions = program.size();
                event.kernelCost = program.kernelCost();
                event.succeeded = error == null;
                event.error = error;
                event.commit();
            }
        };
    }

    @Override
    public void refuse(@Nullable Channel channel, @Nullable String message) {
        if (!FlightRecorder.isInitialized()) {
            return;
        }
        FilterRefusalEvent event = new FilterRefusalEvent();
        if (event.shouldCommit()) {
            event.channelId = channel == null ? null : id(channel);
            event.message = message;
            event.commit();
        }
    }

    @Override
    public Watch watch(Channel channel, PacketCounters counters) {
        return bursts.watch(id(channel), counters);
    }
}
