package io.github.nettybpf.core.compile;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A compilation, for JDK Flight Recorder: loaded only where the JVM has it. */
@Name("io.github.nettybpf.FilterCompile")
@Label("Filter Compilation")
@Category("netty-bpf")
@Description("A BPF program was compiled to JVM bytecode, or could not be")
@StackTrace(false)
final class FilterCompileEvent extends Event implements Compilation.Recorder {
    @Label("Instructions")
    @Description(
            "Number of instructions of the program that was compiled; one that counts its decisions has more than its"
                    + " source")
    int instructions;

    @Label("Class File Size")
    @Description("Size of the generated class file; 0 if none was generated")
    @DataAmount
    long classFileSize;

    @Label("Succeeded")
    @Description("Whether the program runs compiled; otherwise it stays interpreted")
    boolean succeeded;

    @Label("Error")
    @Description("Why the program could not be compiled")
    @Nullable
    String error;

    /** {@return an event of a compilation that begins now} */
    static Compilation.Recorder begun() {
        FilterCompileEvent event = new FilterCompileEvent();
        event.begin();
        return event;
    }

    @Override
    public void end(int size, int bytes, @Nullable Throwable failure) {
        end();
        if (shouldCommit()) {
            instructions = size;
            classFileSize = bytes;
            succeeded = failure == null;
            error = failure == null ? null : why(failure);
            commit();
        }
    }

    /** {@return what has failed, with its cause: a checked exception is the cause of an error that only names the class} */
    private static String why(Throwable failure) {
        return failure.getCause() == null ? failure.toString() : failure + ": " + failure.getCause();
    }
}
