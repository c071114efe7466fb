package io.github.nettybpf.netty;

import io.github.nettybpf.netty.FilterStats.Location;
import io.netty.util.internal.logging.InternalLogLevel;

/** What filters a channel, what that means for a packet, and what is told of it: see {@link ChannelFilter#enter}. */
enum FilterState {
    /** The channel is neither bound nor connected. */
    UNDECIDED(Action.JUDGE, Location.UNDECIDED),
    /** The pipeline judges everything. */
    PIPELINE(Action.JUDGE, Location.PIPELINE),
    /** The pipeline judges what a handler before this one passes on. */
    AFTER_HANDLER(Action.JUDGE, Location.PIPELINE_AFTER_HANDLER),
    /** The pipeline judges everything, and passes it on all the same. */
    DRY_RUN(Action.JUDGE, Location.DRY_RUN),
    /** The kernel has judged everything that is received. */
    KERNEL(Action.PASS, Location.KERNEL),
    /** The kernel judges by a new program, and what is queued was judged, and perhaps cut, by the one before. */
    REPLACED(Action.PASS, Location.KERNEL),
    /** The kernel drops; the pipeline judges what it keeps, or what was queued before it had the filter. */
    BOTH(Action.JUDGE, Location.KERNEL_AND_PIPELINE),
    /** The kernel drops everything until nothing is queued that it has not judged. */
    DRAINING(Action.DISCARD, Location.KERNEL_AND_PIPELINE),
    /** The filter could not be installed: the channel is being closed. */
    FAILED(Action.DISCARD, Location.FAILED),
    /** The handler has left the pipeline. A packet that a pending call still brings is judged. */
    REMOVED(Action.JUDGE, Location.REMOVED);

    /** {@return how loudly the state is logged} That less is filtered than one may think is worth a warning. */
    InternalLogLevel logLevel(Offload offload) {
        if (this == AFTER_HANDLER || this == DRY_RUN) {
            return InternalLogLevel.WARN;
        }
        return this == PIPELINE && offload == Offload.AUTO ? InternalLogLevel.INFO : InternalLogLevel.DEBUG;
    }

    /** What happens to a packet that reaches the handler. */
    enum Action {
        JUDGE,
        PASS,
        DISCARD
    }

    final Action action;
    final Location location;

    FilterState(Action action, Location location) {
        this.action = action;
        this.location = location;
    }
}
