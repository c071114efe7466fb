package io.github.nettybpf.examples;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.Vlan;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** A program that prints what it hears, as text or as JSON. */
abstract class ListeningProgram extends FrameProgram {
    @Option(
            names = "--vlan",
            paramLabel = "VLAN",
            description =
                    "untagged (the default), any, or a VLAN identifier: the frames to listen to. The kernel removes "
                            + "the tag, so tagged frames would otherwise look like untagged ones.")
    private Vlan vlan = Vlan.untagged();

    @Option(names = "--json", description = "Print each line as a JSON object.")
    private boolean json;

    @Option(names = "--new", description = "Print only what was not seen before.")
    private boolean onlyNew;

    /** Makes the handler of the program's frames. */
    interface HandlerFactory {
        FrameHandler create(Consumer<Event> out) throws Refusal;
    }

    final boolean onlyNew() {
        return onlyNew;
    }

    final int listen(Program program, HandlerFactory handler) throws InterruptedException, Refusal {
        Output out = Output.standard(json);
        return run(vlan.restrict(program), handler.create(out), out);
    }
}
