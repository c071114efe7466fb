package io.github.nettybpf.netty.observe;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** It was decided, or has changed, where a handler's program runs. */
@Name("io.github.nettybpf.FilterLocation")
@Label("Filter Location")
@Category("netty-bpf")
@Description(
        "It was decided, or has changed, where the program of a handler runs: attach, hand-over, fallback, failure and removal")
@StackTrace(false)
final class FilterLocationChange extends Event {
    @Label("Channel Id")
    @Description("Short text of the channel's id, as in its log lines")
    @Nullable
    String channelId;

    @Label("Old Location")
    @Description("Where the program ran before: a FilterStats.Location")
    @Nullable
    String oldLocation;

    @Label("New Location")
    @Description("Where the program runs now: a FilterStats.Location")
    @Nullable
    String newLocation;

    @Label("Reason")
    @Description("Why it runs there")
    @Nullable
    String reason;
}
