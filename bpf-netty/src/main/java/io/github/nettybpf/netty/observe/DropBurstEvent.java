package io.github.nettybpf.netty.observe;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A handler has dropped many packets in the pipeline within a second. */
@Name("io.github.nettybpf.DropBurst")
@Label("Drop Burst")
@Category("netty-bpf")
@Description(
        "A handler has dropped more than 1,000 packets a second in the pipeline since the last look, one look a period")
@Period("1 s")
@StackTrace(false)
final class DropBurstEvent extends Event {
    @Label("Channel Id")
    @Description("Short text of the channel's id, as in its log lines")
    @Nullable
    String channelId;

    @Label("Dropped")
    @Description("Number of packets that the handler has dropped in the pipeline within the interval")
    long dropped;

    @Label("Interval")
    @Description("Time since the last look")
    @Timespan(Timespan.NANOSECONDS)
    long interval;

    @Label("Total")
    @Description("Number of packets that the handler has dropped in the pipeline so far")
    long total;
}
