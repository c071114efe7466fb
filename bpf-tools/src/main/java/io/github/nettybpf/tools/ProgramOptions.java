package io.github.nettybpf.tools;

import io.github.nettybpf.core.Program;
import io.github.nettybpf.expression.LinkType;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how to read the {@code PROGRAM} argument of a verb. */
public abstract class ProgramOptions {
    /** Made by the subclasses here, which have the argument. */
    ProgramOptions() {}

    @Mixin
    private final ProgramNotation notation = new ProgramNotation();

    @Option(
            names = "--link-type",
            paramLabel = "TYPE",
            converter = ExpressionTarget.LinkTypeName.class,
            description = "The link type to compile an expression for: " + ExpressionTarget.LINK_TYPES
                    + " (default: that of the capture).")
    private @Nullable LinkType linkType;

    @Option(
            names = "--netmask",
            paramLabel = "MASK",
            converter = ExpressionTarget.Netmask.class,
            description = "The netmask that 'ip broadcast' in an expression needs, for example 255.255.255.0.")
    private @Nullable Integer netmask;

    @Mixin
    private final AddressSetOption sets = new AddressSetOption();

    /** {@return what the argument stands for} */
    public AnyProgram read(InputStream standardInput) throws Refusal {
        AnyProgram program = notation.read(text(), standardInput);
        sets.requireUseIn(program);
        return program.withNetmask(netmask).withSets(sets);
    }

    /** {@return the program, where no capture tells the link type, for {@code --link-type} or else for Ethernet} */
    public Program program(InputStream standardInput) throws Refusal {
        LinkType asked = linkType;
        return read(standardInput).program(asked == null ? LinkType.EN10MB : asked);
    }

    /** {@return what messages call the text of the argument} */
    public String name() {
        return isStandardInput() ? "standard input" : ProgramText.isFile(text()) ? Printable.of(text()) : "PROGRAM";
    }

    /** {@return the argument as it was written} */
    public abstract String text();

    /** {@return whether the program is read from standard input} */
    public boolean isStandardInput() {
        return text().equals("-");
    }

    /** {@return the link type that was asked for, or null for that of the capture} */
    @Nullable
    public LinkType linkType() {
        return linkType;
    }
}
