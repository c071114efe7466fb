package io.github.nettybpf.netty.observe;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A handler has attached a program to its socket, or could not. */
@Name("io.github.nettybpf.FilterAttach")
@Label("Filter Attach")
@Category("netty-bpf")
@Description("A handler has set SO_ATTACH_FILTER and read the filter back, or has failed to")
@StackTrace(false)
final class FilterAttachEvent extends Event {
    @Label("Channel Id")
    @Description("Short text of the channel's id, as in its log lines")
    @Nullable
    String channelId;

    @Label("Instructions")
    @Description("Number of instructions of the attached program, which is the handler's or was made of it")
    int instructions;

    @Label("Kernel Cost")
    @Description("What the kernel charges to the socket's option memory for the program")
    @DataAmount
    long kernelCost;

    @Label("Succeeded")
    @Description("Whether the socket has the program")
    boolean succeeded;

    @Label("Error")
    @Description("Why the socket does not have the program")
    @Nullable
    String error;
}
