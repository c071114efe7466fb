package io.github.nettybpf.benchmarks;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link JavaEngine} in a JVM like this one, which runs nothing else: the profile that another engine or program
 * leaves in a JVM changes the code that HotSpot compiles.
 *
 * @param engine the engine
 * @param options the options of {@link JavaPeer}
 */
record JvmEngine(JavaEngine engine, List<String> options) implements Engine {
    @Override
    public String name() {
        return engine.title;
    }

    @Override
    public boolean has(Workload workload) {
        return engine != JavaEngine.BY_HAND || workload.byHand() != null;
    }

    @Override
    public List<String> command(Workload workload, Path frames) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(JavaPeer.arguments(engine, workload));
        command.addAll(options);
        return command;
    }
}
