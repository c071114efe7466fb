package io.github.nettybpf.netty.observe;

import io.github.nettybpf.core.Program;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * What is told of handlers to JDK Flight Recorder, or to nobody where the JVM does not have it. Nothing is told packet by
 * packet. For any thread.
 */
public abstract class FilterEvents {
    private static final FilterEvents PRESENT = present();

    /** Told the end of an attempt to attach a program. */
    @FunctionalInterface
    public interface Attach {
        /**
         * Records it.
         *
         * @param error why the program is not attached, or null if it is
         */
        void end(@Nullable String error);
    }

    /** Told the end of a handler on a channel. */
    @FunctionalInterface
    public interface Watch {
        /** Ends the search for bursts of drops. */
        void end();
    }

    private static FilterEvents present() {
        try {
            return new FlightRecorderEvents();
        } catch (LinkageError absent) {
            // The module jdk.jfr is not in this JVM, or not resolved.
            return new NoEvents();
        }
    }

    /** {@return what is told of all handlers} */
    public static FilterEvents get() {
        return PRESENT;
    }

    /**
     * Tells that the place of filtering has changed, or was confirmed for another reason.
     *
     * @param before the location before
     * @param after the location now
     * @param reason why it is there, for people
     */
    public abstract void locate(Channel channel, Enum<?> before, Enum<?> after, String reason);

    /** {@return what the end of an attempt is told to that begins now} */
    public abstract Attach attach(Channel channel, Program program);

    /**
     * Tells that a program, or another change of what a handler judges by, was refused.
     *
     * @param channel the channel, or null if the handler has none yet
     * @param message why
     */
    public abstract void refuse(@Nullable Channel channel, @Nullable String message);

    /** Looks for bursts of drops by these counters, as long as there are any, until the result is called. */
    public abstract Watch watch(Channel channel, PacketCounters counters);

    private static final class NoEvents extends FilterEvents {
        @Override
        public void locate(Channel channel, Enum<?> before, Enum<?> after, String reason) {
            // Nobody listens.
        }

        @Override
        public Attach attach(Channel channel, Program program) {
            return error -> {};
        }

        @Override
        public void refuse(@Nullable Channel channel, @Nullable String message) {
            // Nobody listens.
        }

        @Override
        public Watch watch(Channel channel, PacketCounters counters) {
            return () -> {};
        }
    }
}
