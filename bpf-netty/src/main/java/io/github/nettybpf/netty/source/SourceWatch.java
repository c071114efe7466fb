package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Placement;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.core.address.AddressPrefix;
import io.github.nettybpf.netty.address.HotSource;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which sources one channel's kernel has, and what the pipeline sees of the others. For the event loop, but for figures. */
public final class SourceWatch {
    private final boolean offloadsHottest;
    private volatile @Nullable SourceRule complete;
    private volatile @Nullable HotSources hot;
    private volatile boolean isDivided; // some sources in the kernel, all in the pipeline
    private @Nullable OffloadedSources kernel;
    private Map<AddressPrefix, Double> atFirst = Map.of();

    /**
     * Nothing is watched yet.
     *
     * @param offloadsHottest whether the kernel drops the hottest prefixes of a set that does not fit
     */
    public SourceWatch(boolean offloadsHottest) {
        this.offloadsHottest = offloadsHottest;
    }

    /** Takes note that the kernel has all sources of a rule. */
    public void setComplete(SourceRule sources) {
        complete = sources;
        kernel = null;
    }

    /** Takes note that the kernel has none. */
    public void setNone() {
        complete = null;
        kernel = null;
    }

    /**
     * {@return the program to attach now, of a rule whose sources do not fit} The prefixes that the kernel has already are
     * in it, if they are denied as well.
     *
     * @param form what drops no more than the rule and cuts nothing
     * @param attach attaches another program later, on the event loop, and says whether it succeeded
     */
    public Program begin(
            Program form,
            Placement placement,
            SourceRule sources,
            OptionalLong optionMemory,
            Predicate<Program> attach) {
        HotSources before = hot;
        atFirst = before == null ? Map.of() : HotSources.within(sources.denied(), before.enforced());
        complete = null;
        kernel = new OffloadedSources(form, placement, optionMemory, attach);
        return kernel.first(HotSources.setOf(atFirst.keySet()));
    }

    /**
     * Begins to watch, or ends.
     *
     * @param loop tells the channel's event loop
     * @param judge judges the sources in the pipeline, or null if it does not
     * @param inKernelToo whether the kernel drops as well
     */
    public void watch(Supplier<EventExecutor> loop, @Nullable SourceJudge judge, boolean inKernelToo) {
        HotSources before = hot;
        if (before != null) {
            before.stop();
            hot = null;
        }
        isDivided = inKernelToo && kernel != null;
        if (judge == null || judge.rule().denied().isEmpty() || isDivided != inKernelToo) {
            return;
        }
        HotSources next = new HotSources(
                loop, judge, isDivided && offloadsHottest ? kernel : null, isDivided ? atFirst : Map.of());
        hot = next;
        next.start();
    }

    /** {@return where the sources are, for people, or nothing if they are where the program is} From any thread. */
    public String description() {
        if (!isDivided) {
            return "";
        }
        long inKernel = prefixesInKernel();
        return "; the pipeline judges the sources"
                + (inKernel == 0 ? "" : ", of which the kernel drops the " + inKernel + " hottest prefixes");
    }

    /** {@return how many prefixes the kernel has} From any thread. */
    public long prefixesInKernel() {
        HotSources divided = hot;
        SourceRule all = complete;
        return divided != null
                ? divided.enforced().size()
                : all == null ? 0 : all.deciding().prefixCount();
    }

    /** {@return the denied prefixes from which most packets come} From any thread. */
    public List<HotSource> hottest() {
        HotSources watching = hot;
        return watching == null ? List.of() : watching.hottest();
    }
}
