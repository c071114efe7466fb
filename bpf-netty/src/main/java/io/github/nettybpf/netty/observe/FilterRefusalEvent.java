package io.github.nettybpf.netty.observe;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A program, or a change of what a handler judges by, was refused. */
@Name("io.github.nettybpf.FilterRefusal")
@Label("Filter Refusal")
@Category("netty-bpf")
@Description("A program, or a change of what a handler judges by, was refused")
@StackTrace(false)
final class FilterRefusalEvent extends Event {
    @Label("Channel Id")
    @Description("Short text of the channel's id, as in its log lines; none before the handler is in a pipeline")
    @Nullable
    String channelId;

    @Label("Message")
    @Description("Why")
    @Nullable
    String message;
}
