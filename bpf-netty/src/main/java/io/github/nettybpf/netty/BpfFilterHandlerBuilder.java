package io.github.nettybpf.netty;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.netty.drops.DropListener;
import io.github.nettybpf.netty.source.FilterRule;
import io.github.nettybpf.netty.source.SourceRule;
import org.jspecify.annotations.Nullable;

/**
 * Chooses where a {@link BpfFilterHandler} runs its program, and what it tells of packets. Not for use by several
 * threads.
 */
public final class BpfFilterHandlerBuilder {
    private final Program program;
    private Offload offload = Offload.AUTO;
    private @Nullable Placement placement;
    private boolean lossyHandover;
    private boolean afterOtherHandlers;
    private boolean offloadsHotSources = true;
    private SourceRule sources = SourceRule.ALL;
    private boolean isDryRun;
    private @Nullable Program shadow;
    private boolean countsReturns;
    private int dropsOneIn;
    private @Nullable DropListener dropListener;

    BpfFilterHandlerBuilder(Program program) {
        this.program = program;
    }

    /**
     * {@return this builder} The default is {@link Offload#AUTO}.
     *
     * @param choice whether the kernel runs the program
     */
    public BpfFilterHandlerBuilder offload(Offload choice) {
        this.offload = choice;
        return this;
    }

    /**
     * {@return this builder} By default the program decides, if it knows its {@link Program#placement}, as those of
     * expressions do; otherwise the channel: {@link Placement#UDP_SOCKET} on a UDP channel, what a {@link
     * FilteredChannel} says, and {@link Placement#PAYLOAD} on others. A program for {@link Placement#PAYLOAD} can be
     * used on a UDP channel too: the kernel then gets it with all offsets increased by the length of the UDP header.
     *
     * @param choice what the program's offset 0 is
     */
    public BpfFilterHandlerBuilder placement(Placement choice) {
        this.placement = choice;
        return this;
    }

    /**
     * {@return this builder} Allows a handover that loses packets: a program that the pipeline cannot judge is
     * attached to a bound UDP channel by dropping everything until the receive queue is empty. Only used with
     * {@link Offload#REQUIRED}. The default is false: such a handover fails.
     *
     * @param allowed whether packets may be lost
     */
    public BpfFilterHandlerBuilder lossyHandover(boolean allowed) {
        this.lossyHandover = allowed;
        return this;
    }

    /**
     * {@return this builder} Says that the handler is meant to judge what other inbound handlers pass on. Without it,
     * a handler that comes after others on a channel for datagrams or frames warns that it judges no more than that.
     *
     * @param meant whether other inbound handlers come first on purpose
     */
    public BpfFilterHandlerBuilder afterOtherHandlers(boolean meant) {
        this.afterOtherHandlers = meant;
        return this;
    }

    /**
     * {@return this builder} Drops what comes from these addresses. By default, no source is denied.
     *
     * @param sources the addresses; they can be others later: {@link BpfFilterHandler#denySources}
     */
    public BpfFilterHandlerBuilder denySources(AddressSet sources) {
        this.sources = this.sources.denying(sources);
        return this;
    }

    /**
     * {@return this builder} Drops what comes from other addresses than these. By default, all sources are allowed.
     *
     * @param sources the addresses; they can be others later: {@link BpfFilterHandler#allowSources}
     */
    public BpfFilterHandlerBuilder allowSources(AddressSet sources) {
        this.sources = this.sources.allowing(sources);
        return this;
    }

    /**
     * {@return this builder} Says what happens with a denied set that is too large for the kernel. By default, the
     * kernel gets those of its prefixes from which most packets come, chosen anew every second; otherwise it gets none.
     *
     * @param wanted whether the kernel drops the hottest prefixes
     */
    public BpfFilterHandlerBuilder offloadHotSources(boolean wanted) {
        this.offloadsHotSources = wanted;
        return this;
    }

    /**
     * {@return this builder} Passes everything on, and counts what would have been dropped or cut: {@link
     * FilterStats#wouldDrop}. The kernel gets no filter. {@link BpfFilterHandler#enforce} ends the dry run. The default is
     * false.
     *
     * @param isDryRun whether nothing is dropped at first
     */
    public BpfFilterHandlerBuilder dryRun(boolean isDryRun) {
        this.isDryRun = isDryRun;
        return this;
    }

    /**
     * {@return this builder} Lets another program judge beside this one: see {@link BpfFilterHandler#shadow}. By default
     * there is none.
     *
     * @param candidate the other program
     */
    public BpfFilterHandlerBuilder shadow(Program candidate) {
        this.shadow = candidate;
        return this;
    }

    /**
     * {@return this builder} Counts how often the program ends in which way: {@link FilterStats#returns}. That costs a
     * packet in the pipeline some nanoseconds. The default is false, which costs nothing.
     *
     * @param wanted whether to count
     */
    public BpfFilterHandlerBuilder countReturns(boolean wanted) {
        this.countsReturns = wanted;
        return this;
    }

    /**
     * {@return this builder} Hands samples of the dropped packets to a listener, at most 10,000 a second. They are copies,
     * and dropped packets reach no other handler. Where the kernel filters, it lets one packet in so many pass unjudged,
     * and the pipeline judges it; with 1, and where the pipeline cannot judge as the kernel does, the kernel passes none.
     * What the kernel keeps, the pipeline then judges too, by what the channel's receive buffer holds: make it large enough
     * for all that the program reads.
     * Counts by rule as well, as {@link #countReturns} does. By default there are no samples.
     *
     * @param oneIn of how many dropped packets one is a sample, on average: at least 1
     * @param listener takes the samples on another thread
     * @throws IllegalArgumentException if the number is less than 1
     */
    public BpfFilterHandlerBuilder sampleDrops(int oneIn, DropListener listener) {
        if (oneIn < 1) {
            throw new IllegalArgumentException("one in " + oneIn + " (expected: 1 or more)");
        }
        this.dropsOneIn = oneIn;
        this.dropListener = listener;
        return this;
    }

    FilterChoices choices() {
        return new FilterChoices(
                offload,
                placement,
                lossyHandover,
                afterOtherHandlers,
                offloadsHotSources,
                countsReturns,
                dropsOneIn,
                dropListener);
    }

    FilterRule rule() {
        return new FilterRule(program, sources, !isDryRun, shadow);
    }

    /**
     * {@return the handler}
     *
     * @throws IllegalArgumentException if the program needs what the pipeline does not know, naming the instruction, or
     *     is for another placement than the handler
     */
    public BpfFilterHandler build() {
        return new BpfFilterHandler(choices(), rule());
    }
}
